import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readCorpus } from "../engine/corpus.ts";
import { runWatched } from "../engine/watched-run.ts";
import { findTarget, TARGET_NAMES } from "../targets/index.ts";

/** How long each target runs. All together take half of that a target, as two run at once. */
const SECONDS = Number(process.env.WAVRY_FUZZ_SECONDS ?? 30);
const CORPUS_BYTES = 24_576;
/** The same inputs on every machine, as far as it gets. */
const SEED = 20;

describe("fuzzing", { concurrency: 2 }, () => {
  for (const name of TARGET_NAMES)
    test(`no bytes break the target "${name}" within ${SECONDS} s`, async () => {
      const target = await findTarget(name);
      const { finding, executions } = await runWatched(target, {
        ...{ seconds: SECONDS, seed: SEED, keep: false },
      });
      const input = finding?.input.toHex();
      assert.equal(finding?.message, undefined, `${finding?.kind}: ${input}`);
      assert.ok(executions > readCorpus(target).length, "nothing was tried");
    });
});

for (const name of TARGET_NAMES)
  test(`the corpus of "${name}" is small, and holds more than the empty input`, async () => {
    const corpus = readCorpus(await findTarget(name));
    const bytes = corpus.reduce((sum, { length }) => sum + length, 0);
    assert.ok(corpus.length > 0 && bytes > 0 && bytes <= CORPUS_BYTES, `${bytes} bytes`);
  });
