/** The thread in which a target runs: posts what came of it. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { findTarget } from "../targets/index.ts";
import { minimize, readCorpus, writeCorpus } from "./corpus.ts";
import { Coverage } from "./coverage.ts";
import { fuzz } from "./fuzz-loop.ts";
import { SharedInput } from "./shared-input.ts";
import type { WorkerInit } from "./watched-run.ts";

/** What is kept of a target's corpus. */
const KEPT = { maxInputs: 48, maxBytes: 16_384 };

const { name, seconds, seed, current, keep } = workerData as WorkerInit;
setFlagsFromString("--expose-gc");
globalThis.gc = runInNewContext("gc") as NonNullable<typeof globalThis.gc>;
// Where a refusal was made is of no interest, and finding it out takes longer than the parsing.
Error.stackTraceLimit = 0;

const target = await findTarget(name);
using coverage = new Coverage((url) => /\/(packages|apps)\/[^/]+\/src\//.test(url));
const corpus = readCorpus(target);
const result = fuzz({
  ...{ target, seconds, seed, corpus, coverage },
  current: new SharedInput(current),
});
if (keep && result.finding === undefined)
  writeCorpus(target, minimize(target, result.inputs, coverage, KEPT));
parentPort!.postMessage({ ...result, inputs: result.inputs.length });
