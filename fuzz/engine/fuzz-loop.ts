import type { Coverage } from "./coverage.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { SharedInput } from "./shared-input.ts";
import type { FuzzTarget } from "./target.ts";

/** What a run of the fuzzer is. */
export interface FuzzOptions {
  readonly target: FuzzTarget;
  readonly seconds: number;
  readonly seed: number;
  readonly corpus: readonly Uint8Array[];
  readonly coverage: Coverage;
  /** Notes each input before it is run. */
  readonly current: SharedInput;
}

/** An input that breaks the target's property. */
export interface Finding {
  readonly kind: "throws" | "slow" | "grows" | "hangs" | "dies";
  readonly message: string;
  readonly input: Uint8Array;
}

/** What came of it. */
export interface FuzzResult {
  readonly executions: number;
  /** Functions, and characters of source, that have run. */
  readonly functions: number;
  readonly characters: number;
  /** The inputs that made the fuzzer see more, corpus included. */
  readonly inputs: readonly Uint8Array[];
  readonly finding: Finding | undefined;
}

/** Inputs between two looks at the coverage, or as many as run in this time. */
const BATCH = 96;
const BATCH_MILLIS = 50;
/** Processor time of one input, in ms. */
const MAX_INPUT_MILLIS = 1_000;
/** What buffers may take beyond those at the start, once garbage is collected. */
const MAX_GROWTH_BYTES = 192 << 20;
const MAX_SHRINK_RUNS = 2_000;

/** Runs inputs that are changed from those which ran something new, until time is up or one breaks the property. */
export function fuzz(options: FuzzOptions): FuzzResult {
  const { target, coverage, current } = options;
  const random = new Random(options.seed);
  const dictionary = target.dictionary ?? [];
  const { maxBytes } = target;
  const inputs: Uint8Array[] = [];
  const end = performance.now() + options.seconds * 1000;
  const heldAtStart = process.memoryUsage().arrayBuffers;
  let executions = 0;
  let finding: Finding | undefined;

  const run = (input: Uint8Array): boolean => {
    current.set(input);
    executions++;
    try {
      target.run(input.slice());
    } catch (error) {
      const shrunk = shrink(target, input, error);
      finding = { kind: "throws", message: describe(error), input: shrunk };
      return false;
    }
    return true;
  };

  /** Runs inputs by themselves, and keeps those that run something new. */
  const runEach = (candidates: readonly Uint8Array[]): boolean => {
    coverage.take();
    for (const input of candidates) {
      const before = process.threadCpuUsage();
      if (!run(input)) return false;
      const { user, system } = process.threadCpuUsage(before);
      if (user + system > MAX_INPUT_MILLIS * 1000) {
        finding = { kind: "slow", message: `took ${(user + system) / 1000} ms`, input };
        return false;
      }
      if (coverage.add(coverage.take()) > 0) inputs.push(input);
    }
    return true;
  };

  const first = options.corpus.filter(({ length }) => length <= maxBytes);
  if (runEach([new Uint8Array(0), ...first])) {
    const batch: Uint8Array[] = [];
    while (finding === undefined && performance.now() < end) {
      const startedAt = performance.now();
      for (
        batch.length = 0;
        batch.length < BATCH && performance.now() - startedAt < BATCH_MILLIS;
      ) {
        const input = mutate(choose(inputs, random), {
          random,
          maxBytes,
          dictionary,
          others: inputs,
        });
        batch.push(input);
        if (!run(input)) break;
      }
      if (finding !== undefined) break;
      const taken = coverage.take();
      const isNew = coverage.countNew(taken) > 0;
      if (isNew || performance.now() - startedAt > MAX_INPUT_MILLIS) runEach(batch);
      // What does not show again, say because it runs once only, is not looked for again.
      coverage.add(taken);
      if (grownBytes(heldAtStart) > MAX_GROWTH_BYTES)
        finding = { kind: "grows", message: "buffers are kept", input: batch.at(-1)! };
    }
  }
  const { functions, characters } = coverage;
  return { executions, functions, characters, inputs, finding };
}

/** Newer inputs more often: they are at the edge of what is known. */
function choose(inputs: readonly Uint8Array[], random: Random): Uint8Array {
  if (inputs.length === 0) return new Uint8Array(0);
  const newest = random.oneIn(2) ? Math.ceil(inputs.length / 4) : inputs.length;
  return inputs[inputs.length - 1 - random.below(newest)]!;
}

function grownBytes(heldAtStart: number): number {
  const grown = process.memoryUsage().arrayBuffers - heldAtStart;
  if (grown <= MAX_GROWTH_BYTES) return grown;
  globalThis.gc?.();
  return process.memoryUsage().arrayBuffers - heldAtStart;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A shorter input that throws the same, by leaving out ever smaller pieces. */
function shrink(target: FuzzTarget, input: Uint8Array, error: unknown): Uint8Array {
  const message = error instanceof Error ? error.message : String(error);
  const fails = (candidate: Uint8Array): boolean => {
    try {
      target.run(candidate.slice());
    } catch (other) {
      return (other instanceof Error ? other.message : String(other)) === message;
    }
    return false;
  };
  let best = input;
  let runs = 0;
  for (let size = best.length >> 1; size > 0 && runs < MAX_SHRINK_RUNS; size >>= 1)
    for (let at = 0; at + size <= best.length && runs < MAX_SHRINK_RUNS; runs++) {
      const shorter = Uint8Array.of(...best.subarray(0, at), ...best.subarray(at + size));
      if (fails(shorter)) best = shorter;
      else at += size;
    }
  return best;
}
