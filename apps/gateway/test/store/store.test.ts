import { join } from "node:path";
import { after, before } from "node:test";
import { type PostgresServer, startPostgres } from "../helpers/postgres-server.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { testStoreContract } from "./store-contract.ts";

const stack = new AsyncDisposableStack();
const folder = stack.use(temporaryFolder());
let server: PostgresServer;
let files = 0;
before(async () => {
  server = stack.use(await startPostgres());
});
after(() => stack.disposeAsync());

testStoreContract("SQLite in memory", async () => ({ kind: "sqlite", file: ":memory:" }));
testStoreContract("SQLite in a file", async () => ({
  kind: "sqlite",
  file: join(folder.path, `${++files}.sqlite`),
}));
testStoreContract("PostgreSQL", async () => ({
  kind: "postgres",
  url: await server.createDatabase(),
}));
