import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fillTemplate } from "../glass/command-streamer.ts";
import { parseArguments } from "../lib/arguments.ts";
import { FULL_HD, HD, sizeName } from "../lib/sizes.ts";
import { UsageError } from "../lib/usage-error.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

function bench(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
}

test("flags are read, and what makes no sense is refused", () => {
  const parsed = parseArguments(["glass", "--json", "--n", "20", "--size", "720p,1600x900"]);
  assert.deepEqual(parsed.names, ["glass"]);
  assert.equal(parsed.json, true);
  assert.equal(parsed.n, 20);
  assert.deepEqual(parsed.sizes?.map(sizeName), ["720p", "1600x900"]);
  assert.deepEqual([HD, FULL_HD].map(sizeName), ["720p", "1080p"]);
  for (const wrong of [["--n", "0"], ["--n", "1.5"], ["--size", "big"], ["--seconds", "x"], ["-z"]])
    assert.throws(() => parseArguments(wrong), UsageError);
});

test("a template takes its values and refuses a name that it has none for", () => {
  assert.deepEqual(fillTemplate(["-p", "{port}x{port}"], { port: 7 }), ["-p", "7x7"]);
  assert.throws(() => fillTemplate(["{nothing}"], {}), RangeError);
});

test("--help prints the names on standard output and exits 0", () => {
  const { status, stdout } = bench("--help");
  assert.equal(status, 0);
  for (const name of ["glass", "input", "idle", "start", "crypto", "packet"])
    assert.match(stdout, new RegExp(`^  ${name} `, "m"));
});

test("an unknown name exits 2 and leaves standard output empty", () => {
  for (const args of [["nothing"], [], ["glass", "--with", "nobody"], ["crypto", "--n", "-3"]]) {
    const { status, stdout, stderr } = bench(...args);
    assert.equal(status, 2, args.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, /Usage:/);
  }
});

test("--json prints one array of rows, alone, on standard output", () => {
  const { status, stdout } = bench("crypto", "packet", "--json", "--seconds", "0.02", "--n", "2");
  assert.equal(status, 0);
  const rows: Record<string, unknown>[] = JSON.parse(stdout);
  assert.ok(rows.length >= 6);
  for (const row of rows) {
    assert.deepEqual(Object.keys(row).slice(0, 5), ["bench", "case", "metric", "unit", "n"]);
    assert.ok("value" in row || ("p50" in row && "p95" in row && "p99" in row));
  }
});
