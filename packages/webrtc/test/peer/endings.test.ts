import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { AnsweredPeer } from "../helpers/answerer.ts";

const PROGRAM = new URL("../helpers/peer-program.ts", import.meta.url);
const DEADLINE_MILLIS = 30_000;

/** Runs it as a process of its own; gives its exit code, or the signal that ended it. */
async function runProgram(end: string): Promise<number | string> {
  const child = spawn(process.execPath, [PROGRAM.pathname, end], {
    stdio: "ignore",
    timeout: DEADLINE_MILLIS,
    killSignal: "SIGKILL",
  });
  return await new Promise((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "?")),
  );
}

/** Runs it as a worker of this process; gives its exit code. */
async function runWorker(end: string): Promise<number> {
  const worker = new Worker(PROGRAM, { workerData: end });
  worker.on("error", () => {});
  return await new Promise((resolve) => worker.once("exit", resolve));
}

test("a process ends by itself once its peer is closed", async () => {
  assert.equal(await runProgram("close"), 0);
});

test("a process with an open peer ends as it wants to", async () => {
  assert.equal(await runProgram("exit"), 7);
  assert.equal(await runProgram("throw"), 1);
});

test("a callback that throws is an uncaught error of the program, and not its sudden end", async () => {
  assert.equal(await runProgram("callback"), 1);
});

test("workers have peers one after another, side by side, and beside those of the main thread", async () => {
  await using own = new AnsweredPeer({ video: { codec: "av1" } });
  await own.connected();
  assert.equal(await runWorker("close"), 0);
  assert.deepEqual(await Promise.all([runWorker("close"), runWorker("close")]), [0, 0]);
  await using another = new AnsweredPeer({});
  await another.connected();
});

test("a worker with an open peer ends as it wants to, and takes nobody with it", async () => {
  assert.equal(await runWorker("exit"), 7);
  assert.equal(await runWorker("throw"), 1);
  await using own = new AnsweredPeer({});
  await own.connected();
});
