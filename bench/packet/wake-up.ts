/** How long an input datagram waits for its callback while the main thread is busy 10 of every 16 ms. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { ThreadPriority } from "@wavry/rift-udp";
import { openSocket } from "@wavry/rift-udp";
import { waitMillis } from "./stamp.ts";

/** Where datagrams are received: on the busy thread, or in a thread of their own with or without priority. */
export type WakeUpPlace = "main" | "worker" | "worker-fifo";

/** What was measured. */
export interface WakeUpFigures {
  readonly millis: readonly number[];
  /** What the receiving thread got. */
  readonly priority: ThreadPriority;
}

const BUSY_MILLIS = 10;
const PERIOD_MILLIS = 16;

/** Burns 10 of every 16 ms until the promise is settled. */
async function beBusy<T>(until: Promise<T>): Promise<T> {
  let done = false;
  const finished = until.finally(() => {
    done = true;
  });
  while (!done) {
    for (const end = performance.now() + BUSY_MILLIS; performance.now() < end; );
    await sleep(PERIOD_MILLIS - BUSY_MILLIS);
  }
  return await finished;
}

/** Sends `count` stamped datagrams to the port, from a thread of its own. */
async function sendStamps(port: number, count: number): Promise<void> {
  const sender = new Worker(new URL("./stamp-sender.ts", import.meta.url), {
    workerData: { port, count },
  });
  await once(sender, "exit");
}

/** Measures about `seconds` long. */
export async function measureWakeUp(place: WakeUpPlace, seconds: number): Promise<WakeUpFigures> {
  const count = Math.max(20, Math.round(seconds * 200));
  if (place === "main") {
    const millis: number[] = [];
    const socket = await openSocket({ address: "127.0.0.1" });
    socket.listen((datagram, _from, arrival) => millis.push(waitMillis(socket, datagram, arrival)));
    await beBusy(sendStamps(socket.address.port, count));
    await socket.close();
    return { millis, priority: "normal" };
  }
  const worker = new Worker(new URL("./stamp-receiver.ts", import.meta.url), {
    workerData: { prioritize: place === "worker-fifo" },
  });
  const [{ port, priority }] = await once(worker, "message");
  await beBusy(sendStamps(port, count));
  const ended = once(worker, "exit");
  worker.postMessage("stop");
  const [millis] = await once(worker, "message");
  await ended;
  return { millis, priority };
}
