import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { minimize, readInput, writeInput } from "../engine/corpus.ts";
import { Coverage } from "../engine/coverage.ts";
import { type FuzzResult, fuzz } from "../engine/fuzz-loop.ts";
import { mutate } from "../engine/mutate.ts";
import { Random } from "../engine/random.ts";
import { SharedInput } from "../engine/shared-input.ts";
import type { FuzzTarget } from "../engine/target.ts";
import { parse, planted } from "./planted-target.ts";

// One for all tests: V8 counts for the whole thread.
const coverage = new Coverage((url) => url.endsWith("/planted-target.ts"));
after(() => coverage[Symbol.dispose]());

function search(target: FuzzTarget, seconds: number, corpus = target.seeds()): FuzzResult {
  coverage.forget();
  const current = new SharedInput(target.maxBytes);
  return fuzz({ target, seconds, seed: 7, corpus, coverage, current });
}

test("a mistake behind four bytes is found by what the guesses run, and cut to its shortest", () => {
  const { finding } = search(planted, 60);
  assert.equal(finding?.kind, "throws");
  assert.match(finding?.message ?? "", /the mistake/);
  assert.throws(() => parse(finding!.input), RangeError);
  assert.ok(finding!.input.length >= 6);
});

test("a target without a mistake gives its figures and the inputs that ran something new", () => {
  const sound: FuzzTarget = {
    ...planted,
    run: (input) => {
      if (input[2] !== 0x56) parse(input);
    },
  };
  const result = search(sound, 1);
  assert.equal(result.finding, undefined);
  assert.ok(result.executions > 100 && result.inputs.length > 0 && result.characters > 0);
});

test("an input that takes a second of the processor is a finding", () => {
  const slow: FuzzTarget = {
    ...planted,
    run: () => {
      const start = process.threadCpuUsage().user;
      while (process.threadCpuUsage().user - start < 1_100_000);
    },
  };
  assert.equal(search(slow, 30).finding?.kind, "slow");
});

test("buffers that are kept are a finding", () => {
  const kept: Uint8Array[] = [];
  const greedy: FuzzTarget = { ...planted, run: () => void kept.push(new Uint8Array(1 << 20)) };
  assert.equal(search(greedy, 30).finding?.kind, "grows");
});

test("the inputs that are kept run all that all of them ran, and short ones go first", () => {
  const inputs = [
    Uint8Array.of(0x57, 0x41, 0, 9, 9, 9, 9),
    Uint8Array.of(0x57, 0x41, 0),
    Uint8Array.of(0x57, 0),
    Uint8Array.of(1),
  ];
  const kept = minimize(planted, inputs, coverage, { maxInputs: 9, maxBytes: 99 });
  assert.deepEqual(kept, [inputs[3], inputs[2], inputs[1]]);
});

test("mutations of one seed repeat, and never leave the longest length", () => {
  const changed = (seed: number): string[] => {
    const random = new Random(seed);
    const sources = { random, maxBytes: 20, dictionary: [Uint8Array.of(1, 2)], others: [] };
    return Array.from({ length: 500 }, () => {
      const out = mutate(new Uint8Array(16), sources);
      assert.ok(out.length <= 20);
      return out.toHex();
    });
  };
  assert.deepEqual(changed(3), changed(3));
  assert.notDeepEqual(changed(3), changed(4));
  assert.ok(new Set(changed(3)).size > 300);
});

test("an input that was written as text reads the same", () => {
  const folder = mkdtempSync(join(tmpdir(), "wavry-fuzz-test-"));
  try {
    const input = Uint8Array.from({ length: 100 }, (_, i) => i);
    writeInput(join(folder, "one.hex"), input);
    assert.deepEqual(readInput(join(folder, "one.hex")), input);
    writeInput(join(folder, "none.hex"), new Uint8Array(0));
    assert.equal(readInput(join(folder, "none.hex")).length, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
