import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { KeyringError, type KeyringErrorCode, loadOrCreateIdentity } from "@wavry/keyring";
import { createIdentity, type Identity, verifyCertificate } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { runTogether } from "./helpers/run-together.ts";
import { temporaryDirectory } from "./helpers/temporary-directory.ts";

const FILE = "identity.json";

/** Loading fails as expected, says what to do, leaves the file alone and tells no secret. */
function refuses(directory: string, code: KeyringErrorCode, advice: RegExp, secrets: string[]) {
  const path = join(directory, FILE);
  const before = readFileSync(path);
  assert.throws(
    () => loadOrCreateIdentity({ directory, suite }),
    (error) => {
      assert.ok(error instanceof KeyringError);
      assert.equal(error.code, code);
      assert.match(error.message, advice);
      assert.ok(error.message.includes(path));
      for (const secret of secrets)
        assert.ok(!`${error.message}${error.stack}${error.cause}`.includes(secret));
      return true;
    },
  );
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(readdirSync(directory), [FILE]);
}

function create(directory: string): { identity: Identity; secrets: string[] } {
  const identity = loadOrCreateIdentity({ directory, suite });
  const { identitySeed, staticPrivate } = JSON.parse(readFileSync(join(directory, FILE), "utf8"));
  return { identity, secrets: [identitySeed, staticPrivate] };
}

test("the identity is made once, in a file for its owner alone, and then stays", () => {
  using folder = temporaryDirectory();
  const directory = join(folder.path, "new", "home");
  const { identity } = create(directory);
  const status = statSync(join(directory, FILE));
  assert.equal(status.mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(directory), [FILE]);
  assert.deepEqual(loadOrCreateIdentity({ directory, suite }), identity);
  assert.equal(statSync(join(directory, FILE)).mtimeMs, status.mtimeMs);
  assert.equal(
    verifyCertificate(suite, identity.certificate, identity.staticKey).wavryId,
    identity.wavryId,
  );
});

test("the key file is private whatever the umask says", () => {
  using folder = temporaryDirectory();
  const before = process.umask(0);
  try {
    create(folder.path);
  } finally {
    process.umask(before);
  }
  assert.equal(statSync(join(folder.path, FILE)).mode & 0o777, 0o600);
});

test("processes that start at the same moment all get the same identity", async () => {
  using folder = temporaryDirectory();
  const ids = await runTogether("create-identity.ts", Array(4).fill([folder.path]));
  assert.match(ids[0]!, /^wavry1/);
  for (const id of ids) assert.equal(id, ids[0]);
  assert.equal(loadOrCreateIdentity({ directory: folder.path, suite }).wavryId, ids[0]);
  assert.deepEqual(readdirSync(folder.path), [FILE]);
});

test("a key file that others could read is refused until it is private again", () => {
  using folder = temporaryDirectory();
  const { identity, secrets } = create(folder.path);
  const path = join(folder.path, FILE);
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    chmodSync(path, mode);
    refuses(folder.path, "permissions", /chmod 600/, secrets);
  }
  chmodSync(path, 0o400);
  assert.equal(loadOrCreateIdentity({ directory: folder.path, suite }).wavryId, identity.wavryId);
});

test("a key file that was cut short is refused, wherever it was cut", () => {
  using folder = temporaryDirectory();
  const { secrets } = create(folder.path);
  const path = join(folder.path, FILE);
  for (let length = statSync(path).size - 3; length >= 0; length -= 25) {
    truncateSync(path, length);
    refuses(folder.path, "damaged", /backup/, secrets);
  }
});

test("a key file with a wrong character in any field is refused", () => {
  using folder = temporaryDirectory();
  const { secrets } = create(folder.path);
  const path = join(folder.path, FILE);
  const good = readFileSync(path, "utf8");
  for (const field of Object.keys(JSON.parse(good))) {
    const bad = JSON.parse(good);
    const value = String(bad[field]);
    bad[field] = typeof bad[field] === "number" ? bad[field] + 1 : flipCharacter(value);
    writeFileSync(path, JSON.stringify(bad));
    refuses(folder.path, "damaged", /backup/, secrets);
    delete bad[field];
    writeFileSync(path, JSON.stringify(bad));
    refuses(folder.path, "damaged", /backup/, secrets);
  }
});

test("a key file with the public half of another identity is refused", () => {
  using folder = temporaryDirectory();
  const { secrets } = create(folder.path);
  const path = join(folder.path, FILE);
  const good = JSON.parse(readFileSync(path, "utf8"));
  const other = createIdentity(suite);
  const staticKey = Buffer.from(other.staticKey).toString("base64url");
  for (const change of [{ staticKey }, { wavryId: other.wavryId }]) {
    writeFileSync(path, JSON.stringify({ ...good, ...change }));
    refuses(folder.path, "damaged", /backup/, secrets);
  }
});

test("a key file that is no JSON, or JSON of another kind, is refused", () => {
  using folder = temporaryDirectory();
  const { secrets } = create(folder.path);
  for (const text of ["", "\0\0\0", "garbage", "null", "[]", "{}", '"text"', "7"]) {
    writeFileSync(join(folder.path, FILE), text);
    refuses(folder.path, "damaged", /backup/, secrets);
  }
});

test("a folder or a pipe in the place of the key file is refused at once", () => {
  using folder = temporaryDirectory();
  const path = join(folder.path, FILE);
  mkdirSync(path, { mode: 0o700 });
  assert.throws(() => loadOrCreateIdentity({ directory: folder.path, suite }), { code: "damaged" });
  using other = temporaryDirectory();
  assert.equal(spawnSync("mkfifo", ["-m", "600", join(other.path, FILE)]).status, 0);
  assert.throws(() => loadOrCreateIdentity({ directory: other.path, suite }), { code: "damaged" });
});

test("a folder that cannot be made or written is a KeyringError with the reason", () => {
  using folder = temporaryDirectory();
  const file = join(folder.path, "file");
  writeFileSync(file, "");
  const directory = join(file, "home");
  assert.throws(() => loadOrCreateIdentity({ directory, suite }), {
    name: "KeyringError",
    code: "unreadable",
    message: /ENOTDIR/,
  });
  const dangling = join(folder.path, "dangling");
  symlinkSync(join(folder.path, "nowhere", "else"), dangling);
  assert.throws(() => loadOrCreateIdentity({ directory: dangling, suite }), KeyringError);
});

function flipCharacter(text: string): string {
  const at = text.length >> 1;
  return text.slice(0, at) + (text[at] === "q" ? "p" : "q") + text.slice(at + 1);
}
