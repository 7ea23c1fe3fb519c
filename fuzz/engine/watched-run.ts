import { Worker } from "node:worker_threads";
import type { Finding, FuzzResult } from "./fuzz-loop.ts";
import { SharedInput } from "./shared-input.ts";
import type { FuzzTarget } from "./target.ts";

/** What a worker is started with. */
export interface WorkerInit {
  readonly name: string;
  readonly seconds: number;
  readonly seed: number;
  readonly current: SharedArrayBuffer;
  /** Replace the corpus by the inputs that run something new. */
  readonly keep: boolean;
}

/** A result without the inputs, of which it has the number. */
export type RunResult = Omit<FuzzResult, "inputs"> & { readonly inputs: number };

/** One input may take this long, however busy the machine is. */
const HANG_MILLIS = 20_000;
const LOOK_MILLIS = 500;
const HEAP_MEGABYTES = 768;

/** Fuzzes a target in a thread of its own, so that one that hangs or runs out of memory is a finding as well. */
export async function runWatched(
  target: FuzzTarget,
  options: Omit<WorkerInit, "name" | "current">,
): Promise<RunResult> {
  const current = new SharedInput(target.maxBytes);
  const workerData: WorkerInit = { ...options, name: target.name, current: current.buffer };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  const { promise, resolve } = Promise.withResolvers<RunResult>();
  const fail = (kind: Finding["kind"], message: string): void =>
    resolve({
      ...{ executions: current.turn, functions: 0, characters: 0, inputs: 0 },
      finding: { kind, message, input: current.get() },
    });
  let turn = 0;
  let since = performance.now();
  const timer = setInterval(() => {
    if (current.turn !== turn) {
      turn = current.turn;
      since = performance.now();
    } else if (turn > 0 && performance.now() - since > HANG_MILLIS)
      fail("hangs", `no end after ${HANG_MILLIS / 1000} s`);
  }, LOOK_MILLIS);
  worker.once("message", resolve);
  worker.once("error", (error) =>
    fail("dies", error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  worker.once("exit", (code) => fail("dies", `the thread ended with ${code}`));
  const result = await promise;
  clearInterval(timer);
  await worker.terminate();
  return result;
}
