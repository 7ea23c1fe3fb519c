import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { MessageChannel, Worker } from "node:worker_threads";
import { SyntheticControls } from "../../src/capture/synthetic-screen.ts";
import { Waker } from "../../src/capture/waker.ts";
import type {
  ScreenCommand,
  ScreenReport,
  ScreenWorkerData,
} from "../../src/source/screen-messages.ts";

const HELPER = new URL("../helpers/screen-loop-worker.ts", import.meta.url);

test("a screen's thread lets its event loop turn while it waits for changes, so that native buffers are given back", async () => {
  using waker = new Waker();
  const { port1, port2 } = new MessageChannel();
  const screen = new SyntheticControls({ width: 320, height: 200 });
  const data: ScreenWorkerData = {
    port: port1 as unknown as ScreenWorkerData["port"],
    waker: waker.handle,
    screen: { kind: "synthetic", memory: screen.memory },
    displayIndex: 0,
    maxFps: 60,
    bitrateBps: 1_000_000,
    patches: true,
    encoder: "software",
  };
  const say = (command: ScreenCommand): void => {
    port2.postMessage(command);
    waker.wake();
  };
  const worker = new Worker(HELPER, { workerData: data, transferList: [port1] });
  try {
    const started = Promise.withResolvers<void>();
    port2.on("message", (report: ScreenReport) => {
      if (report.kind === "started") started.resolve();
    });
    await started.promise;
    say({ kind: "resume" });
    // What it does while it opens the encoder is behind it by now.
    const resumedAt = process.hrtime.bigint() + 500_000_000n;
    const turned = Promise.withResolvers<void>();
    worker.on("message", (at: bigint) => {
      if (at > resumedAt) turned.resolve();
    });
    await turned.promise;
    say({ kind: "stop" });
    const [exitCode] = await once(worker, "exit");
    assert.equal(exitCode, 0);
  } finally {
    port2.close();
    await worker.terminate();
  }
});
