import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runWavry, temporaryHome } from "./run-wavry.ts";

test("--version prints the version alone and exits 0", () => {
  const { status, stdout } = runWavry(["--version"]);
  assert.equal(status, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test("--help names every command and exits 0", () => {
  const { status, stdout } = runWavry(["--help"]);
  assert.equal(status, 0);
  for (const command of ["up", "host", "connect", "doctor", "id"])
    assert.match(stdout, new RegExp(`^ {2}${command}\\b`, "m"));
});

for (const words of [
  ["no-such-command"],
  ["up", "--no-such-option"],
  ["up", "--port", "70000"],
  ["up", "--size", "big"],
  ["host", "devices", "rename", "one-word"],
]) {
  test(`wrong usage, wavry ${words.join(" ")}, exits 2 and says why on stderr`, () => {
    const { status, stdout, stderr } = runWavry(words);
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^error: /);
  });
}

test("a host that is not known and a broken link are wrong usage", () => {
  using home = temporaryHome();
  for (const target of ["nobody", "wavry://pair/nonsense"]) {
    const { status, stderr } = runWavry(["connect", target], { WAVRY_HOME: home.path });
    assert.equal(status, 2);
    assert.match(stderr, /^wavry: [^\n]+\n$/);
  }
});

test("id makes the key once, for its owner only, and prints the same Wavry ID ever after", () => {
  using home = temporaryHome();
  const environment = { WAVRY_HOME: home.path };
  const first = runWavry(["id"], environment);
  assert.equal(first.status, 0);
  assert.match(first.stdout, /^wavry1[a-z0-9]+\n$/);
  assert.equal(statSync(join(home.path, "identity.json")).mode & 0o777, 0o600);
  const { wavryId } = JSON.parse(runWavry(["id", "--json"], environment).stdout);
  assert.equal(`${wavryId}\n`, first.stdout);
});

test("a damaged key file is told in one line, exits 1 and stays as it is", () => {
  using home = temporaryHome();
  const file = join(home.path, "identity.json");
  writeFileSync(file, "{", { mode: 0o600 });
  const { status, stderr } = runWavry(["id"], { WAVRY_HOME: home.path });
  assert.equal(status, 1);
  assert.match(stderr, /^wavry: [^\n]+\n$/);
  assert.equal(statSync(file).size, 1);
});

test("WAVRY_DEBUG=1 adds the stack to an error", () => {
  using home = temporaryHome();
  writeFileSync(join(home.path, "identity.json"), "{", { mode: 0o600 });
  const { stderr } = runWavry(["id"], { WAVRY_HOME: home.path, WAVRY_DEBUG: "1" });
  assert.match(stderr, /\n\s+at /);
});

test("without a display, host says what to do and exits 1", () => {
  using home = temporaryHome();
  const { status, stderr } = runWavry(["host"], { WAVRY_HOME: home.path });
  assert.equal(status, 1);
  assert.match(stderr, /wavry up/);
});

test("the list of devices is an empty array before anything is paired", () => {
  using home = temporaryHome();
  const { status, stdout } = runWavry(["host", "devices", "list", "--json"], {
    WAVRY_HOME: home.path,
  });
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(stdout), []);
});

test("forgetting a device that is not there fails with one line", () => {
  using home = temporaryHome();
  const { status, stderr } = runWavry(["host", "devices", "forget", "nobody"], {
    WAVRY_HOME: home.path,
  });
  assert.notEqual(status, 0);
  assert.match(stderr, /^wavry: [^\n]*nobody[^\n]*\n$/);
});
