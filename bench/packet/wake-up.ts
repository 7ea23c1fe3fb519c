/** How long an input datagram waits for its callback while the main thread is busy 10 of every 16 ms. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { openSocket, type ThreadPriority } from "@wavry/rift-udp";
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

function countFor(seconds: number): number {
  return Math.max(20, Math.round(seconds * 200));
}

/** Runs the other side in a thread of its own, to its end. */
async function runThread(script: string, workerData: unknown): Promise<void> {
  const sender = new Worker(new URL(script, import.meta.url), { workerData });
  await once(sender, "exit");
}

/** Measures about `seconds` long. */
export async function measureWakeUp(place: WakeUpPlace, seconds: number): Promise<WakeUpFigures> {
  const count = countFor(seconds);
  if (place === "main") {
    const millis: number[] = [];
    const socket = await openSocket({ address: "127.0.0.1" });
    socket.listen((datagram, _from, arrival) => millis.push(waitMillis(socket, datagram, arrival)));
    await beBusy(runThread("./stamp-sender.ts", { port: socket.address.port, count }));
    await socket.close();
    return { millis, priority: "normal" };
  }
  return await measureThread({
    receiver: "./stamp-receiver.ts",
    received: { prioritize: place === "worker-fifo" },
    sender: "./stamp-sender.ts",
    sent: { count },
  });
}

/**
 * The same through a whole session, as a host's network thread runs it: from the client's `sendInput` (sealed, sent, through
 * the kernel, opened) to the host's callback.
 */
export async function measureInputWait(seconds: number): Promise<WakeUpFigures> {
  const host = createIdentity(nodeSuite);
  const client = createIdentity(nodeSuite);
  const { wavryId, staticKey } = host;
  return await measureThread({
    receiver: "./input-host.ts",
    received: { identity: host, client: { wavryId: client.wavryId, staticKey: client.staticKey } },
    sender: "./input-sender.ts",
    sent: { identity: client, remote: { wavryId, staticKey }, count: countFor(seconds) },
  });
}

/** Receives in one thread what another one sends to its port, while this one is busy. */
async function measureThread(threads: {
  readonly receiver: string;
  readonly received: object;
  readonly sender: string;
  readonly sent: object;
}): Promise<WakeUpFigures> {
  const worker = new Worker(new URL(threads.receiver, import.meta.url), {
    workerData: threads.received,
  });
  const [{ port, priority }] = await once(worker, "message");
  await beBusy(runThread(threads.sender, { ...threads.sent, port }));
  const ended = once(worker, "exit");
  worker.postMessage("stop");
  const [millis] = await once(worker, "message");
  await ended;
  return { millis, priority };
}
