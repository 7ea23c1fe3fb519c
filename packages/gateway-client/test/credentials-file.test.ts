import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { GatewayError } from "@wavry/gateway-client";
import { CredentialsFolder, type GatewayCredentials } from "@wavry/gateway-client/node";

const ONE: GatewayCredentials = {
  url: "https://wavry.example",
  token: "the-token",
  username: "ada",
  issuer: "https://wavry.example",
  key: "the-key",
};

let directory: string;
let folder: CredentialsFolder;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "wavry-credentials-"));
  folder = new CredentialsFolder(directory);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const files = () =>
  readdirSync(join(directory, "gateways")).map((name) => join(directory, "gateways", name));

test("credentials are kept for each gateway in a file that only its owner reads", () => {
  assert.equal(folder.load(ONE.url), undefined);
  assert.deepEqual(folder.list(), []);
  folder.save(ONE);
  const other = { ...ONE, url: "http://127.0.0.1:3000", token: "another" };
  folder.save(other);
  folder.save({ ...ONE, token: "newer" });
  assert.deepEqual(folder.load("https://wavry.example/"), { ...ONE, token: "newer" });
  assert.equal(folder.list().length, 2);
  assert.equal(files().length, 2);
  for (const file of files()) assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(directory, "gateways")).mode & 0o777, 0o700);
  assert.equal(folder.forget(ONE.url), true);
  assert.equal(folder.forget(ONE.url), false);
  assert.deepEqual(folder.list(), [other]);
});

test("a file that others can read, or that is damaged, is refused with what to do and without its secret", () => {
  folder.save(ONE);
  const [file] = files();
  chmodSync(file!, 0o644);
  assert.throws(() => folder.load(ONE.url), {
    code: "credentials-permissions",
    message: /chmod 600/,
  });
  chmodSync(file!, 0o600);
  const whole = readFileSync(file!, "utf8");
  for (const text of [
    "",
    "{",
    "null",
    "[]",
    whole.replace('"version": 1', '"version": 2'),
    whole.replace("the-key", "").replace('"key"', '"quay"'),
  ]) {
    writeFileSync(file!, text);
    assert.throws(
      () => folder.load(ONE.url),
      (error: unknown) =>
        error instanceof GatewayError &&
        error.code === "credentials-damaged" &&
        !JSON.stringify([error.message, String(error.cause)]).includes("the-token"),
    );
  }
});

test("a name that a gateway's address makes cannot leave the folder", () => {
  folder.save({ ...ONE, url: "https://[::1]:3000/../../etc" });
  assert.equal(files().length, 1);
  assert.equal(folder.list()[0]?.url, "https://[::1]:3000/etc");
});
