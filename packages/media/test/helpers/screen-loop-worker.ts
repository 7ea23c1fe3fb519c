/** Runs a screen's loop in this thread, and tells its parent whenever the event loop gets to a timer. */
import { parentPort, workerData } from "node:worker_threads";
import { Waker } from "../../src/capture/waker.ts";
import { runScreenLoop } from "../../src/source/screen-loop.ts";
import type { ScreenWorkerData } from "../../src/source/screen-messages.ts";

const data = workerData as ScreenWorkerData;
using waker = new Waker(data.waker);
const timer = setInterval(() => parentPort?.postMessage(process.hrtime.bigint()), 50);
await runScreenLoop(data, waker);
clearInterval(timer);
