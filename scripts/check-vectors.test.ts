import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

const SCRIPT = resolve(import.meta.dirname, "check-vectors.ts");
const SHARED = resolve(import.meta.dirname, "../../shared/vectors/noise-cacophony.json");
const skip = existsSync(SHARED) ? false : "../shared/vectors/noise-cacophony.json is not here";

function check(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });
}

/** Runs the script over a file with that content. */
function checkContent(content: string, ...args: string[]): ReturnType<typeof check> {
  const folder = mkdtempSync(join(tmpdir(), "wavry-vectors-test-"));
  try {
    const file = join(folder, "vectors.json");
    writeFileSync(file, content);
    return check(file, ...args);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Vector {
  protocol_name: string;
  messages: { payload: string; ciphertext: string }[];
}

function sharedVectors(): Vector[] {
  return JSON.parse(readFileSync(SHARED, "utf8")).vectors;
}

test("all vectors of the shared file pass", { skip }, () => {
  const { status, stdout } = check(SHARED);
  assert.equal(status, 0);
  assert.match(stdout, new RegExp(`^${sharedVectors().length} passed, 0 failed, 0 skipped$`, "m"));
});

test("--json prints the outcome and nothing else", { skip }, () => {
  const { status, stdout } = check(SHARED, "--json");
  assert.equal(status, 0);
  const report = JSON.parse(stdout);
  assert.equal(report.passed, sharedVectors().length);
  assert.deepEqual(report.failed, []);
  assert.deepEqual(report.skippedBecause, {});
});

test("a vector with a wrong byte, or without an end, fails and is named", { skip }, () => {
  const vectors = sharedVectors();
  const [wrong, cut] = vectors.filter(({ messages }) => messages.length > 4);
  const last = wrong!.messages.at(-1)!;
  last.ciphertext = last.ciphertext.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
  cut!.messages.length = 1;
  const { status, stdout } = checkContent(JSON.stringify({ vectors }));
  assert.equal(status, 1);
  assert.match(stdout, new RegExp(`^failed +${wrong!.protocol_name}:`, "m"));
  assert.match(stdout, new RegExp(`^failed +${cut!.protocol_name}:`, "m"));
  assert.match(stdout, new RegExp(`^${vectors.length - 2} passed, 2 failed, 0 skipped$`, "m"));
});

test("vectors for other primitives and patterns are skipped, and it is said why", () => {
  const names = [
    "Noise_XX_448_ChaChaPoly_BLAKE2s",
    "Noise_XX_25519_AESGCM_BLAKE2s",
    "Noise_XX_25519_ChaChaPoly_SHA256",
    "Noise_XXfallback_25519_ChaChaPoly_BLAKE2s",
    "Noise_XXhfs_25519+NewHope_ChaChaPoly_BLAKE2s",
  ];
  const vectors = names.map((protocol_name) => ({ protocol_name, messages: [] }));
  const { status, stdout } = checkContent(JSON.stringify({ vectors }));
  assert.equal(status, 0);
  for (const reason of ["448", "AESGCM", "SHA256", "XXfallback", "NewHope"])
    assert.match(stdout, new RegExp(`^skipped +1 \\(.*${reason}.*\\)$`, "m"));
  assert.match(stdout, /^0 passed, 0 failed, 5 skipped$/m);
});

test("what is no file of vectors ends with 2 and a reason", () => {
  for (const content of ["", "{", "null", "[]", "{}", '{"vectors":7}', '{"vectors":[null]}']) {
    const { status, stdout, stderr } = checkContent(content);
    assert.equal(status, 2, content);
    assert.equal(stdout, "");
    assert.match(stderr, /is no file of Noise vectors/);
  }
  const { status, stderr } = check("/nowhere/vectors.json");
  assert.equal(status, 2);
  assert.match(stderr, /ENOENT/);
});

test("wrong use ends with 2 and shows how, --help with 0", () => {
  for (const args of [[], ["a", "b"], ["--what"]]) {
    const { status, stderr } = check(...args);
    assert.equal(status, 2);
    assert.match(stderr, /Usage/);
  }
  const { status, stdout } = check("--help");
  assert.equal(status, 0);
  assert.match(stdout, /Usage/);
});
