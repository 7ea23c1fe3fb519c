import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "better-sqlite3";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import { openStore, type StoreOptions } from "../../src/store/store.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres-server.ts";
import { gatewayFile, runScript } from "../helpers/run-script.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { failure, userRow } from "./store-contract.ts";

const stack = new AsyncDisposableStack();
const folder = stack.use(temporaryFolder());
let server: PostgresServer;
let files = 0;
before(async () => {
  server = stack.use(await startPostgres());
});
after(() => stack.disposeAsync());

/** A second migration that takes its time, so that others have to wait. */
const SLOW = `{
  up: async (db) => {
    await db.schema.alterTable("users").addColumn("second", "text").execute();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await db.insertInto("settings").values({ key: "migrated", value: "once" }).execute();
  }
}`;

const SCRIPT = `
  import { openStore } from ${gatewayFile("src/store/store.ts")};
  import { MIGRATIONS } from ${gatewayFile("src/store/migrations/index.ts")};
  const [, store, second] = process.argv;
  const migrations = second ? { ...MIGRATIONS, "9999-slow": ${SLOW} } : MIGRATIONS;
  try {
    await using opened = await openStore(JSON.parse(store), { migrations });
    await opened.db.insertInto("settings").values({ key: String(process.pid) + second, value: "" }).execute();
    console.log("done");
  } catch (error) { console.log(String(error.stack)); }`;

const file = (): StoreOptions => ({
  kind: "sqlite",
  file: join(folder.path, `${++files}.sqlite`),
});
const second: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema.alterTable("users").addColumn("second", "text").execute();
  },
};

for (const [name, make] of [
  ["SQLite", async () => file()],
  [
    "PostgreSQL",
    async (): Promise<StoreOptions> => ({ kind: "postgres", url: await server.createDatabase() }),
  ],
] as const) {
  test(`${name}: of several processes that start at the same time one migrates, all others wait and work`, async () => {
    const store = await make();
    for (const migrations of ["", "second"]) {
      const outcomes = await Promise.all(
        Array.from({ length: 3 }, async () => {
          await using script = runScript(SCRIPT, JSON.stringify(store), migrations);
          return (await script.lines.next()).value;
        }),
      );
      assert.deepEqual(outcomes, ["done", "done", "done"]);
    }
    await using opened = await openStore(store, { asItIs: true });
    const settings = await opened.db.selectFrom("settings").selectAll().execute();
    assert.equal(settings.length, 7);
  });

  test(`${name}: a database of a newer version is refused and left alone`, async () => {
    const store = await make();
    {
      await using _ = await openStore(store, {
        migrations: { ...MIGRATIONS, "9999-second": second },
      });
    }
    const error = await failure(openStore(store));
    assert.match(String(error), /newer version.*9999-second/);
    await using _ = await openStore(store, {
      migrations: { ...MIGRATIONS, "9999-second": second },
    });
  });

  test(`${name}: a migration that fails changes nothing`, async () => {
    const store = await make();
    {
      await using opened = await openStore(store);
      await opened.db.insertInto("users").values(userRow("a")).execute();
    }
    const failing: Migration = {
      up: async (db: Kysely<unknown>) => {
        await second.up(db);
        throw new Error("no luck");
      },
    };
    const error = await failure(
      openStore(store, { migrations: { ...MIGRATIONS, "9999-second": failing } }),
    );
    assert.match(String(error), /no luck/);
    await using opened = await openStore(store);
    const tables = await opened.db.introspection.getTables();
    const users = tables.find((table) => table.name === "users")!;
    assert.equal(
      users.columns.some((column) => column.name === "second"),
      false,
    );
    assert.equal((await opened.db.selectFrom("users").select("id").execute()).length, 1);
  });
}

test("an embedded database that holds something is copied before its migration, for its owner only", async () => {
  const store = file();
  assert.ok(store.kind === "sqlite");
  {
    await using opened = await openStore(store);
    await opened.db.insertInto("users").values(userRow("a")).execute();
  }
  const copies = () =>
    readdirSync(folder.path).filter((name) => join(folder.path, name).startsWith(`${store.file}.`));
  assert.deepEqual(copies(), [], "nothing is copied before the first migration");
  {
    await using _ = await openStore(store, {
      migrations: { ...MIGRATIONS, "9999-second": second },
    });
  }
  const copy = `${store.file}.before-9999-second`;
  assert.deepEqual(copies(), [copy.slice(folder.path.length + 1)]);
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  const database = new Database(copy, { readonly: true });
  assert.deepEqual(database.prepare("select id from users").all(), [{ id: "a" }]);
  assert.throws(() => database.prepare("select second from users"), /no such column/);
  database.close();
});

test("the file of an embedded database and those beside it are for their owner only", async () => {
  const store = file();
  assert.ok(store.kind === "sqlite");
  await using opened = await openStore(store);
  await opened.db.insertInto("users").values(userRow("a")).execute();
  for (const suffix of ["", "-wal", "-shm"])
    assert.equal(statSync(`${store.file}${suffix}`).mode & 0o777, 0o600, suffix);
});

test("what only looks makes no database and no tables", async () => {
  const store = file();
  await assert.rejects(openStore(store, { asItIs: true }), /unable to open|does not exist/);
});
