import assert from "node:assert/strict";
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { openSocket } from "@wavry/rift-udp";

const EXITING = new URL("./helpers/exiting.ts", import.meta.url);

test("without koffi the socket, the timer and the priority are those of Node", async () => {
  const script = new URL("./helpers/without-koffi.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  assert.match(stdout, /^plain timeout (nice|normal)$/);
});

/** Sends to the port until the promise is settled. */
async function flood<T>(port: number, until: Promise<T>): Promise<T> {
  const socket = await openSocket({ address: "127.0.0.1" });
  let done = false;
  const end = until.finally(() => {
    done = true;
  });
  const bytes = new Uint8Array(100);
  while (!done) {
    for (let i = 0; i < 8; i++) socket.send(bytes, bytes.length, "127.0.0.1", port);
    socket.flush();
    await turn();
  }
  await socket.close();
  return await end;
}

for (const [how, code] of [
  ["exit", 7],
  ["throw", 1],
] as const) {
  test(`a process that ends by ${how} while datagrams pour in ends as it meant to`, async () => {
    for (let round = 0; round < 5; round++) {
      const child = fork(EXITING.pathname, [how], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
      const exit = once(child, "exit");
      const [port] = await once(child, "message");
      assert.deepEqual(await flood(port, exit), [code, null]);
    }
  });

  test(`a worker that ends by ${how} while datagrams pour in ends alone`, async () => {
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(EXITING, { workerData: { how } });
      const errors: Error[] = [];
      worker.on("error", (error: Error) => errors.push(error));
      const exit = new Promise<number>((resolve) => {
        worker.on("exit", resolve);
      });
      const [port] = await once(worker, "message");
      assert.equal(await flood(port, exit), code);
      assert.equal(errors.length, how === "throw" ? 1 : 0);
    }
  });
}
