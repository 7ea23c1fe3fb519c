/** The thread of one `ScreenSource`: it blocks on its display and on its waker, never on the event loop. */
import { type MessagePort, workerData } from "node:worker_threads";
import { sharpenTimers } from "@wavry/x11";
import { Waker } from "../capture/waker.ts";
import { runScreenLoop } from "./screen-loop.ts";
import type { ScreenWorkerData } from "./screen-messages.ts";

const data = workerData as ScreenWorkerData;
const waker = new Waker(data.waker);
if (process.platform === "linux") sharpenTimers();
await runScreenLoop(data, waker);
waker[Symbol.dispose]();
(data.port as unknown as MessagePort).close();
