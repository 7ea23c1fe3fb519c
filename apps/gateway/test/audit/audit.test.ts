import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type { AuditEvent } from "../../src/audit/audit-log.ts";
import { ChainedAuditLog } from "../../src/audit/chained-audit-log.ts";
import { cutAudit } from "../../src/audit/cut-audit.ts";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { GatewayKeys } from "../../src/keys.ts";
import { claimStore } from "../../src/store/claim-store.ts";
import type { AuditRow } from "../../src/store/schema.ts";
import { openStore, type Store, type StoreOptions } from "../../src/store/store.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres-server.ts";
import { gatewayFile, runScript } from "../helpers/run-script.ts";

const stack = new AsyncDisposableStack();
let server: PostgresServer;
before(async () => {
  server = stack.use(await startPostgres());
});
after(() => stack.disposeAsync());

const masterKey = randomBytes(32);
const keys = new GatewayKeys(masterKey);
const event = (action: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  ...{ actor: "someone", address: "192.0.2.1", action },
  ...more,
});

async function openLog(
  options: StoreOptions,
  now: () => number = Date.now,
): Promise<{ store: Store; log: ChainedAuditLog }> {
  const store = stack.use(await openStore(options));
  await claimStore(store, keys);
  return { store, log: new ChainedAuditLog({ store, key: keys.auditKey, now }) };
}

const rowsOf = (store: Store): Promise<AuditRow[]> =>
  store.db.selectFrom("audit").selectAll().orderBy("seq").execute();

for (const [name, make] of [
  ["SQLite", async (): Promise<StoreOptions> => ({ kind: "sqlite", file: ":memory:" })],
  [
    "PostgreSQL",
    async (): Promise<StoreOptions> => ({ kind: "postgres", url: await server.createDatabase() }),
  ],
] as const) {
  test(`${name}: events are written down in order, many at once, and verify`, async () => {
    let time = 1000;
    const { store, log } = await openLog(await make(), () => time++);
    assert.deepEqual(await verifyAudit(store, keys), {
      ...{ ok: true, rows: 0 },
      head: { seq: 0, hash: "" },
    });
    await Promise.all(
      Array.from({ length: 250 }, (_, index) => log.record(event(`test.${index}`))),
    );
    await log.record(
      event("test.details", { target: "x", details: { text: "'; drop", number: 1.5, no: null } }),
    );
    const rows = await rowsOf(store);
    assert.deepEqual(
      rows.map(({ seq, at, action }) => [seq, at, action]),
      Array.from({ length: 251 }, (_, index) => [
        ...[index + 1, 1000 + index],
        index === 250 ? "test.details" : `test.${index}`,
      ]),
    );
    assert.deepEqual(JSON.parse(rows.at(-1)!.details), { text: "'; drop", number: 1.5, no: null });
    const verdict = await verifyAudit(store, keys);
    assert.ok(verdict.ok);
    assert.equal(verdict.rows, 251);
    assert.equal(verdict.head.hash, rows.at(-1)!.hash);
  });

  test(`${name}: what is older than it is kept for is cut off, and the rest still verifies`, async () => {
    let time = 0;
    const { store, log } = await openLog(await make(), () => time++);
    for (let index = 0; index < 20; index++) await log.record(event(`test.${index}`));
    assert.equal(await cutAudit(store, keys, 0), 0);
    assert.equal(await cutAudit(store, keys, 7), 7);
    assert.equal(await cutAudit(store, keys, 7), 0);
    assert.equal((await rowsOf(store))[0]!.seq, 8);
    let verdict = await verifyAudit(store, keys);
    assert.ok(verdict.ok);
    assert.equal(verdict.rows, 13);
    assert.equal(await cutAudit(store, keys, 1000), 13);
    assert.ok((await verifyAudit(store, keys)).ok);
    await log.record(event("test.more"));
    verdict = await verifyAudit(store, keys);
    assert.ok(verdict.ok);
    assert.equal(verdict.head.seq, 21);
  });
}

test("several replicas that write, cut and verify at the same time keep one whole chain", async () => {
  const options: StoreOptions = { kind: "postgres", url: await server.createDatabase() };
  const code = `
    import { openStore } from ${gatewayFile("src/store/store.ts")};
    import { claimStore } from ${gatewayFile("src/store/claim-store.ts")};
    import { GatewayKeys } from ${gatewayFile("src/keys.ts")};
    import { ChainedAuditLog } from ${gatewayFile("src/audit/chained-audit-log.ts")};
    import { cutAudit } from ${gatewayFile("src/audit/cut-audit.ts")};
    const [, store, master] = process.argv;
    const keys = new GatewayKeys(Buffer.from(master, "hex"));
    await using opened = await openStore(JSON.parse(store));
    await claimStore(opened, keys);
    let time = 0;
    const log = new ChainedAuditLog({ store: opened, key: keys.auditKey, now: () => time++ });
    for (let round = 0; round < 40; round++) {
      await Promise.all([1, 2, 3].map(() => log.record({ actor: "a", address: "b", action: "test.round" })));
      if (round % 10 === 9) await cutAudit(opened, keys, time - 60);
    }`;
  const words = [JSON.stringify(options), masterKey.toString("hex")];
  await using one = runScript(code, ...words);
  await using two = runScript(code, ...words);
  const ended = Promise.all([one.ended, two.ended]);
  const { store } = await openLog(options);
  let running = true;
  void ended.then(() => {
    running = false;
  });
  while (running) {
    const verdict = await verifyAudit(store, keys);
    assert.ok(verdict.ok, JSON.stringify(verdict));
  }
  assert.deepEqual(await ended, [0, 0]);
  const verdict = await verifyAudit(store, keys);
  assert.ok(verdict.ok, JSON.stringify(verdict));
  assert.equal(verdict.head.seq, 240);
});

test("any row that is changed, removed, added or swapped shows, and where it begins", async () => {
  const { store, log } = await openLog({ kind: "sqlite", file: ":memory:" });
  for (let index = 0; index < 12; index++)
    await log.record(event(`test.${index}`, { target: `target ${index}`, details: { index } }));
  await cutAudit(store, keys, 0);
  const before = await rowsOf(store);
  const { db } = store;
  const restore = async () => {
    await db.deleteFrom("audit").execute();
    await db.insertInto("audit").values(before).execute();
  };
  const columns = ["at", "actor", "address", "action", "target", "details"] as const;
  const row = fc.integer({ min: 1, max: before.length });
  const tampering = fc.oneof(
    fc.record({ kind: fc.constant("remove" as const), seq: row }),
    fc.record({ kind: fc.constant("truncate" as const), seq: row }),
    fc.record({
      kind: fc.constant("change" as const),
      seq: row,
      column: fc.constantFrom(...columns, "hash" as const, "previous_hash" as const),
    }),
    fc
      .record({ kind: fc.constant("swap" as const), seq: row, other: row })
      .filter(({ seq, other }) => seq < other),
    fc.record({ kind: fc.constant("move" as const), seq: row }),
    fc.record({ kind: fc.constant("add" as const), seq: fc.constant(before.length + 1) }),
  );
  await fc.assert(
    fc.asyncProperty(tampering, async (how) => {
      const { seq } = how;
      const original = before[seq - 1]!;
      if (how.kind === "remove") await db.deleteFrom("audit").where("seq", "=", seq).execute();
      if (how.kind === "truncate") await db.deleteFrom("audit").where("seq", ">=", seq).execute();
      if (how.kind === "change") {
        const value = how.column === "at" ? original.at + 1 : `${original[how.column]} `;
        await db
          .updateTable("audit")
          .set({ [how.column]: value })
          .where("seq", "=", seq)
          .execute();
      }
      if (how.kind === "swap") {
        const other = before[how.other - 1]!;
        await db.deleteFrom("audit").where("seq", "in", [seq, how.other]).execute();
        await db
          .insertInto("audit")
          .values([
            { ...original, seq: other.seq },
            { ...other, seq },
          ])
          .execute();
      }
      if (how.kind === "move")
        await db
          .updateTable("audit")
          .set({ seq: 1000 + seq })
          .where("seq", "=", seq)
          .execute();
      if (how.kind === "add")
        await db
          .insertInto("audit")
          .values({ ...before.at(-1)!, seq, previous_hash: before.at(-1)!.hash })
          .execute();
      const verdict = await verifyAudit(store, keys);
      assert.equal(verdict.ok, false, JSON.stringify(how));
      if (!verdict.ok) assert.equal(verdict.seq, seq, verdict.reason);
      await restore();
      assert.equal((await verifyAudit(store, keys)).ok, true);
    }),
    { numRuns: 150 },
  );
});

test("who rewrites the whole chain, or its ends, without the key is found", async () => {
  const attacks: readonly ((store: Store) => Promise<unknown>)[] = [
    (store) => store.db.deleteFrom("settings").where("key", "=", "audit.head").execute(),
    (store) => store.db.deleteFrom("settings").where("key", "like", "audit.%").execute(),
    (store) => store.db.deleteFrom("audit").execute(),
    async (store) => {
      await store.db.deleteFrom("audit").execute();
      await store.db.deleteFrom("settings").where("key", "like", "audit.%").execute();
    },
    async (store) => {
      await store.db.deleteFrom("audit").execute();
      await store.db.deleteFrom("settings").where("key", "like", "audit.%").execute();
      const forged = new ChainedAuditLog({ store, key: randomBytes(32), now: Date.now });
      await forged.record(event("forged"));
    },
    (store) =>
      store.db
        .updateTable("settings")
        .set({ value: '{"seq":3,"hash":"","mac":""}' })
        .where("key", "=", "audit.anchor")
        .execute(),
    async (store) => {
      // The anchor in place of the head: both are signed, but not for that.
      await store.db.deleteFrom("audit").execute();
      const { value } = await store.db
        .selectFrom("settings")
        .select("value")
        .where("key", "=", "audit.anchor")
        .executeTakeFirstOrThrow();
      await store.db
        .updateTable("settings")
        .set({ value })
        .where("key", "=", "audit.head")
        .execute();
    },
  ];
  for (const [index, attack] of attacks.entries()) {
    const { store, log } = await openLog({ kind: "sqlite", file: ":memory:" });
    for (const action of ["test.a", "test.b", "test.c", "test.d"]) await log.record(event(action));
    await attack(store);
    assert.equal((await verifyAudit(store, keys)).ok, false, `attack ${index}`);
    // The gateway goes on writing, and that does not heal it.
    await log.record(event("test.later"));
    await log.record(event("test.latest"));
    assert.equal((await rowsOf(store)).at(-1)?.action, "test.latest");
    assert.equal((await verifyAudit(store, keys)).ok, false, `attack ${index}, later`);
    await cutAudit(store, keys, Number.MAX_SAFE_INTEGER);
    assert.equal((await verifyAudit(store, keys)).ok, false, "retention does not heal it either");
  }
});

test("what a stranger sends is kept short and never keeps an event out of the log", async () => {
  const { store, log } = await openLog({ kind: "sqlite", file: ":memory:" });
  const text = `\0\ud800${"x".repeat(100_000)}`;
  await log.record(event("test.odd", { target: text, details: { text, more: "'" } }));
  const [row] = await rowsOf(store);
  assert.ok(row!.target.length <= 500 && row!.details.length <= 4000);
  assert.equal((await verifyAudit(store, keys)).ok, true);
});

test("while the database refuses, events are refused with its error; later ones are written", async () => {
  const options: StoreOptions = { kind: "postgres", url: await server.createDatabase() };
  const { store, log } = await openLog(options);
  await log.record(event("test.before"));
  await server.kill();
  await assert.rejects(log.record(event("test.lost")), { status: 503, code: "store-unavailable" });
  await server.start();
  await log.record(event("test.after"));
  assert.deepEqual(
    (await rowsOf(store)).map(({ action }) => action),
    ["test.before", "test.after"],
  );
  assert.equal((await verifyAudit(store, keys)).ok, true);
});

test("a database belongs to its master key, and one whose accounts were kept without it is refused", async () => {
  const { store } = await openLog({ kind: "sqlite", file: ":memory:" });
  await claimStore(store, keys);
  await assert.rejects(claimStore(store, new GatewayKeys(randomBytes(32))), {
    code: "wrong-master-key",
  });
  const { userRow } = await import("../store/store-contract.ts");
  await store.db.insertInto("users").values(userRow("a")).execute();
  await store.db.deleteFrom("settings").execute();
  await assert.rejects(claimStore(store, keys), { code: "store-tampered" });
});
