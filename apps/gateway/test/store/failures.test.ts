import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "better-sqlite3";
import { sql } from "kysely";
import { ApiError } from "../../src/gateway-error.ts";
import { openStore } from "../../src/store/store.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres-server.ts";
import { gatewayFile, runScript } from "../helpers/run-script.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { failure, userRow } from "./store-contract.ts";

const stack = new AsyncDisposableStack();
const folder = stack.use(temporaryFolder());
let server: PostgresServer;
before(async () => {
  server = stack.use(await startPostgres());
});
after(() => stack.disposeAsync());

const isUnavailable = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 503 && error.code === "store-unavailable";

test("PostgreSQL away: queries, transactions and what was under way fail with 503, and work once it is back", async () => {
  const url = await server.createDatabase();
  await using store = await openStore({ kind: "postgres", url });
  const { db } = store;
  await db.insertInto("users").values(userRow("a")).execute();
  // One query waits in the server, one transaction is open and idle.
  const asleep = failure(sql`select pg_sleep(60)`.execute(db));
  let proceed!: () => void;
  const held = new Promise<void>((resolve) => {
    proceed = resolve;
  });
  let begun!: () => void;
  const open = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const interrupted = failure(
    db.transaction().execute(async (transaction) => {
      await transaction.insertInto("users").values(userRow("lost")).execute();
      begun();
      await held;
      await transaction.insertInto("users").values(userRow("lost too")).execute();
    }),
  );
  await open;
  await server.kill();
  assert.ok(isUnavailable(await asleep));
  proceed();
  assert.ok(isUnavailable(await interrupted));
  for (let attempt = 0; attempt < 12; attempt++) {
    const error = await failure(db.selectFrom("users").select("id").execute());
    assert.ok(isUnavailable(error), String(error));
  }
  assert.ok(isUnavailable(await failure(store.check())));
  assert.ok(
    isUnavailable(
      await failure(
        db
          .transaction()
          .execute((transaction) => transaction.selectFrom("users").select("id").execute()),
      ),
    ),
  );
  await server.start();
  await store.check();
  assert.deepEqual(await db.selectFrom("users").select("id").execute(), [{ id: "a" }]);
});

test("a server that is not there, or a database that is not, fails at start within its time", async () => {
  const url = await server.createDatabase();
  assert.ok(isUnavailable(await failure(openStore({ kind: "postgres", url: `${url}_none` }))));
  assert.ok(
    isUnavailable(
      await failure(openStore({ kind: "postgres", url: "postgres://a:b@127.0.0.1:1/x" })),
    ),
  );
});

test("SQLite full: writes fail with 507, reads go on, nothing is damaged, and writes work once there is room", async () => {
  const file = join(folder.path, "full.sqlite");
  await using store = await openStore({ kind: "sqlite", file });
  const { db } = store;
  await db.insertInto("users").values(userRow("before")).execute();
  const used = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  await sql.raw(`pragma max_page_count = ${used.rows[0]!.page_count + 4}`).execute(db);
  const written: string[] = [];
  let error: unknown;
  for (let index = 0; error === undefined && index < 1000; index++)
    try {
      const id = `filling ${index}`;
      await db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto("users")
          .values({ ...userRow(id), display_name: "x".repeat(1000) })
          .execute();
        await transaction
          .insertInto("recovery_codes")
          .values({ user_id: id, code_hash: "y".repeat(1000), used_at: null })
          .execute();
      });
      written.push(id);
    } catch (caught) {
      error = caught;
    }
  assert.ok(error instanceof ApiError);
  assert.equal(error.status, 507);
  assert.equal(error.code, "storage-full");
  await store.check();
  const ids = async () =>
    (await db.selectFrom("users").select("id").where("id", "like", "filling %").execute())
      .map(({ id }) => id)
      .sort();
  assert.deepEqual(await ids(), written.sort());
  await sql`pragma max_page_count = 1000000`.execute(db);
  await db.insertInto("users").values(userRow("after")).execute();
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  assert.deepEqual(rows, [{ integrity_check: "ok" }]);
});

test("kill -9 in the midst of writes loses nothing that was acknowledged and tears no transaction", async () => {
  for (const round of [1, 2, 3]) {
    const file = join(folder.path, `killed-${round}.sqlite`);
    await using script = runScript(
      `
      import { openStore } from ${gatewayFile("src/store/store.ts")};
      const store = await openStore({ kind: "sqlite", file: process.argv[1] });
      for (let n = 0; ; n++) {
        await store.db.transaction().execute(async (transaction) => {
          for (const half of ["a", "b"])
            await transaction.insertInto("settings").values({ key: n + half, value: "v".repeat(3000) }).execute();
        });
        process.stdout.write(n + "\\n");
      }`,
      file,
    );
    let acknowledged = -1;
    while (acknowledged < 20 * round) acknowledged = Number((await script.lines.next()).value);
    script.child.kill("SIGKILL");
    assert.equal(await script.ended, "SIGKILL");
    for (let line = await script.lines.next(); line.done !== true; line = await script.lines.next())
      acknowledged = Number(line.value);
    const database = new Database(file);
    assert.equal(database.pragma("integrity_check", { simple: true }), "ok");
    const rows = database.prepare("select key from settings").all() as { key: string }[];
    const keys = new Set(rows.map(({ key }) => key));
    for (let n = 0; n <= acknowledged; n++)
      assert.ok(keys.has(`${n}a`) && keys.has(`${n}b`), `${n} of ${acknowledged} is lost`);
    assert.equal(keys.size % 2, 0, "half a transaction");
    database.close();
  }
});

test("two processes on one embedded database wait for each other instead of failing", async () => {
  const file = join(folder.path, "shared.sqlite");
  const code = `
    import { openStore } from ${gatewayFile("src/store/store.ts")};
    await using store = await openStore({ kind: "sqlite", file: process.argv[1] });
    for (let n = 0; n < 100; n++)
      await store.db.transaction().execute(async (transaction) => {
        const rows = await transaction.selectFrom("settings").select("key").execute();
        await transaction.insertInto("settings").values({ key: String(rows.length), value: "" }).execute();
      });
    console.log("done");`;
  await using one = runScript(code, file);
  await using two = runScript(code, file);
  assert.deepEqual([await one.ended, await two.ended], [0, 0]);
  await using store = await openStore({ kind: "sqlite", file });
  assert.equal((await store.db.selectFrom("settings").select("key").execute()).length, 200);
});
