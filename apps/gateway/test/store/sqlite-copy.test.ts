import assert from "node:assert/strict";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CopyError, copyDatabase, restoreDatabase } from "../../src/store/sqlite-copy.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { userRow } from "./store-contract.ts";

const addUser = (store: Store, id: string) =>
  store.db.insertInto("users").values(userRow(id)).execute();
const usersOf = async (file: string) => {
  await using store = await openStore({ kind: "sqlite", file });
  const rows = await store.db.selectFrom("users").select("id").orderBy("id").execute();
  return rows.map(({ id }) => id).join("");
};

test("a copy made while a gateway writes is whole, for its owner only, and put back gives what was then", async () => {
  await using folder = temporaryFolder();
  const file = join(folder.path, "gateway.sqlite");
  const copy = join(folder.path, "copy");
  {
    await using store = await openStore({ kind: "sqlite", file });
    await addUser(store, "a");
    copyDatabase(file, copy);
    await addUser(store, "b");
    assert.throws(() => restoreDatabase(copy, file), /uses .*; stop it first/);
    await addUser(store, "c");
  }
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  assert.equal(await usersOf(file), "abc");
  const kept = restoreDatabase(copy, file);
  assert.equal(await usersOf(file), "a");
  assert.equal(await usersOf(kept!), "abc");
  assert.deepEqual(
    readdirSync(folder.path).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("a copy is put where there is no database yet", async () => {
  await using folder = temporaryFolder();
  const file = join(folder.path, "a");
  {
    await using store = await openStore({ kind: "sqlite", file });
    await addUser(store, "a");
  }
  copyDatabase(file, join(folder.path, "copy"));
  assert.equal(restoreDatabase(join(folder.path, "copy"), join(folder.path, "b")), undefined);
  assert.equal(await usersOf(join(folder.path, "b")), "a");
});

test("a copy never replaces a file, and what is no whole database of a gateway is never put in place of one", async () => {
  await using folder = temporaryFolder();
  const file = join(folder.path, "gateway.sqlite");
  {
    await using store = await openStore({ kind: "sqlite", file });
    for (let index = 0; index < 500; index++) await addUser(store, `user ${index}`);
  }
  const copy = join(folder.path, "copy");
  writeFileSync(copy, "mine");
  assert.throws(() => copyDatabase(file, copy), /is there already/);
  assert.equal(readFileSync(copy, "utf8"), "mine");
  const before = readFileSync(file);
  for (const [name, spoil] of [
    ["text", (path: string) => writeFileSync(path, "no database at all".repeat(1000))],
    ["half", (path: string) => truncateSync(path, 8192)],
    [
      "changed",
      (path: string) => {
        const bytes = readFileSync(path);
        bytes.fill(0xff, 4096, 5 * 4096);
        writeFileSync(path, bytes);
      },
    ],
  ] as const) {
    const spoilt = join(folder.path, name);
    copyDatabase(file, spoilt);
    spoil(spoilt);
    assert.throws(() => restoreDatabase(spoilt, file), CopyError, name);
  }
  writeFileSync(join(folder.path, "empty"), "");
  assert.throws(
    () => restoreDatabase(join(folder.path, "empty"), file),
    /no database of a gateway/,
  );
  assert.throws(() => restoreDatabase(join(folder.path, "none"), file), CopyError);
  assert.equal(existsSync(join(folder.path, "none")), false);
  assert.deepEqual(readFileSync(file), before);
});
