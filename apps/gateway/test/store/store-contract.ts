import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "kysely";
import { ApiError } from "../../src/gateway-error.ts";
import type { Tables } from "../../src/store/schema.ts";
import { openStore, type Store, type StoreOptions } from "../../src/store/store.ts";
import { isForeignKeyViolation, isUniqueViolation } from "../../src/store/store-errors.ts";

/** Texts that have broken somebody's database, query builder or log. */
const HOSTILE_TEXTS = [
  "'; drop table users; --",
  '" or ""="',
  "\\'; select 1; --",
  "$1 ? ?1 :name @name $" + "{x} {{x}} %s",
  "a\nb\r\nc\td\u0001\u007f\u0085\u2028",
  "%_*[a-z]",
  "Ünïcödé 日本語 👩‍👩‍👧 \u202e\ufeff",
  "/* */ -- # ;",
  "null",
  "",
  " leading and trailing ",
  "0x00",
  "1e309",
];

/** A user who is nobody special. */
export function userRow(id: string): Tables["users"] {
  return {
    ...{ id, email: `${id}@example.org`, username: id, display_name: id, role: "user" },
    ...{ password_hash: null, ban_reason: null, totp_secret: null, totp_confirmed_at: null },
    ...{ totp_last_step: null, disabled_at: null, banned_at: null, banned_until: null },
    created_at: 1,
  } as Tables["users"];
}

/** What everything else relies on; the same on every database. `make` gives an empty one. */
export function testStoreContract(name: string, make: () => Promise<StoreOptions>): void {
  const withStore = async (body: (store: Store) => Promise<void>): Promise<void> => {
    await using store = await openStore(await make());
    await body(store);
  };

  test(`${name}: every text column of every table gives back SQL-shaped strings unchanged`, () =>
    withStore(async (store) => {
      const tables = await columnsOf(store);
      assert.ok(tables.size >= 15);
      for (const [index, hostile] of HOSTILE_TEXTS.entries()) {
        const number = index + 1;
        // All keys are this text too, so that what points at another row points at one that is there.
        const waiting = new Map(
          [...tables].map(([table, columns]) => [
            table,
            Object.fromEntries(
              columns.map(({ name, isText }) => [name, isText ? hostile : number]),
            ),
          ]),
        );
        for (let before = -1; before !== waiting.size; ) {
          before = waiting.size;
          for (const [table, row] of waiting)
            try {
              await insert(store, table, row);
              waiting.delete(table);
            } catch (error) {
              assert.ok(isForeignKeyViolation(error), String(error));
            }
        }
        assert.deepEqual([...waiting.keys()], []);
        for (const [table, columns] of tables) {
          const text = columns.find(({ isText }) => isText)!.name;
          const { rows } = await sql<Record<string, unknown>>`
            select * from ${sql.table(table)} where ${sql.ref(text)} = ${hostile}`.execute(
            store.db,
          );
          assert.equal(rows.length, 1, table);
          for (const { name, isText } of columns)
            assert.equal(rows[0]![name], isText ? hostile : number, `${table}.${name}`);
        }
      }
    }));

  test(`${name}: whole numbers up to 2^53 and times in milliseconds are exact`, () =>
    withStore(async ({ db }) => {
      const numbers = [Number.MAX_SAFE_INTEGER, 1_790_000_000_123, 2 ** 32 + 1, 0, -1];
      for (const [index, created_at] of numbers.entries()) {
        const id = `u${index}`;
        await db
          .insertInto("users")
          .values({ ...userRow(id), created_at })
          .execute();
        const row = await db
          .selectFrom("users")
          .select("created_at")
          .where("id", "=", id)
          .executeTakeFirstOrThrow();
        assert.equal(row.created_at, created_at);
      }
      const { count } = await db
        .selectFrom("users")
        .select((e) => e.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      assert.equal(count, numbers.length);
    }));

  test(`${name}: a second row with a unique value is told apart from other errors`, () =>
    withStore(async ({ db }) => {
      await db.insertInto("users").values(userRow("a")).execute();
      for (const row of [userRow("a"), { ...userRow("b"), email: "a@example.org" }]) {
        const error = await failure(db.insertInto("users").values(row).execute());
        assert.equal(isUniqueViolation(error), true);
        assert.equal(isForeignKeyViolation(error), false);
      }
      const error = await failure(
        db
          .insertInto("recovery_codes")
          .values({ user_id: "x", code_hash: "y", used_at: null })
          .execute(),
      );
      assert.equal(isUniqueViolation(error), false);
      assert.equal(isForeignKeyViolation(error), true);
    }));

  test(`${name}: an account that is removed takes what hangs on it along`, () =>
    withStore(async (store) => {
      const { db } = store;
      for (const id of ["a", "b"]) {
        await db.insertInto("users").values(userRow(id)).execute();
        await db
          .insertInto("recovery_codes")
          .values({ user_id: id, code_hash: id, used_at: null })
          .execute();
      }
      await db.deleteFrom("users").where("id", "=", "a").execute();
      const left = await db.selectFrom("recovery_codes").select("user_id").execute();
      assert.deepEqual(left, [{ user_id: "b" }]);
    }));

  test(`${name}: a transaction that fails leaves nothing behind, and the next one works`, () =>
    withStore(async ({ db }) => {
      const error = await failure(
        db.transaction().execute(async (transaction) => {
          await transaction.insertInto("users").values(userRow("a")).execute();
          await transaction.insertInto("users").values(userRow("a")).execute();
        }),
      );
      assert.equal(isUniqueViolation(error), true);
      await assert.rejects(
        db.transaction().execute(async (transaction) => {
          await transaction.insertInto("users").values(userRow("a")).execute();
          throw new Error("changed my mind");
        }),
        /changed my mind/,
      );
      assert.deepEqual(await db.selectFrom("users").select("id").execute(), []);
      await db.transaction().execute(async (transaction) => {
        await transaction.insertInto("users").values(userRow("a")).execute();
      });
      assert.equal((await db.selectFrom("users").select("id").execute()).length, 1);
    }));

  test(`${name}: many transactions at once that each read and then write lose no update`, () =>
    withStore(async ({ db }) => {
      await db.insertInto("settings").values({ key: "n", value: "0" }).execute();
      await Promise.all(
        Array.from({ length: 30 }, () =>
          db.transaction().execute(async (transaction) => {
            const updated = await sql<{ value: string }>`
              update settings set value = cast(cast(value as integer) + 1 as text)
              where key = 'n' returning value`.execute(transaction);
            await transaction
              .insertInto("settings")
              .values({ key: `n${updated.rows[0]!.value}`, value: "" })
              .execute();
          }),
        ),
      );
      const rows = await db.selectFrom("settings").select("key").execute();
      assert.equal(rows.length, 31);
    }));

  test(`${name}: text that one database could not keep is refused by both, with a code`, () =>
    withStore(async ({ db }) => {
      for (const value of ["a\0b", "\ud800", "x\udc00y"]) {
        const error = await failure(
          db.insertInto("settings").values({ key: "k", value }).execute(),
        );
        assert.ok(error instanceof ApiError);
        assert.equal(error.status, 400);
        assert.equal(error.code, "invalid-text");
      }
    }));

  test(`${name}: to open it again changes nothing`, async () => {
    const options = await make();
    if (options.kind === "sqlite" && options.file === ":memory:") return;
    {
      await using store = await openStore(options);
      await store.db.insertInto("users").values(userRow("a")).execute();
    }
    await using store = await openStore(options);
    await store.check();
    assert.equal((await store.db.selectFrom("users").select("id").execute()).length, 1);
  });
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: "it did not fail" });
}

async function columnsOf(
  store: Store,
): Promise<Map<string, readonly { readonly name: string; readonly isText: boolean }[]>> {
  const tables = await store.db.introspection.getTables();
  return new Map(
    tables.map(({ name, columns }) => [
      name,
      columns.map((column) => ({
        name: column.name,
        isText: column.dataType.toLowerCase() === "text",
      })),
    ]),
  );
}

async function insert(
  store: Store,
  table: string,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const names = Object.keys(row);
  await sql`insert into ${sql.table(table)} (${sql.join(names.map((name) => sql.ref(name)))})
    values (${sql.join(Object.values(row))})`.execute(store.db);
}
