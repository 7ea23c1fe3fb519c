/** What it costs a thread to receive datagrams of 1200 bytes that come in trains. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { openSocket } from "@wavry/rift-udp";
import { DATAGRAM_BYTES } from "../crypto/packet-ciphers.ts";
import type { SinkFigures } from "./sink.ts";

/** 4 packets a millisecond and more: a train of a paced sender. */
const TRAIN = 16;
const TRAINS_A_TICK = 4;

/** What a packet costs the receiving thread. */
export interface ReceiveFigures {
  readonly cpuNanos: number;
  readonly heapBytes: number;
  readonly packets: number;
}

/** Starts a sink; its port is the second value. */
export async function startSink(prefer: "best" | "plain"): Promise<[Worker, number]> {
  const worker = new Worker(new URL("./sink.ts", import.meta.url), { workerData: { prefer } });
  const [port] = (await once(worker, "message")) as [number];
  return [worker, port];
}

/** Ends a sink. */
export async function stopSink(worker: Worker): Promise<void> {
  worker.postMessage("stop");
  await once(worker, "exit");
}

async function figuresOf(worker: Worker): Promise<SinkFigures> {
  worker.postMessage("figures");
  const [figures] = (await once(worker, "message")) as [SinkFigures];
  return figures;
}

/** Sends to a sink of its own as much as the sink can take. */
export async function measureReceive(
  prefer: "best" | "plain",
  seconds: number,
): Promise<ReceiveFigures> {
  const [worker, port] = await startSink(prefer);
  const socket = await openSocket({ address: "127.0.0.1" });
  try {
    const slab = new Uint8Array(TRAIN * DATAGRAM_BYTES);
    const send = async (millis: number): Promise<void> => {
      for (const end = performance.now() + millis; performance.now() < end; await sleep(1))
        for (let train = 0; train < TRAINS_A_TICK; train++) {
          for (let at = 0; at < slab.length; at += DATAGRAM_BYTES)
            socket.send(slab.subarray(at, at + DATAGRAM_BYTES), DATAGRAM_BYTES, "127.0.0.1", port);
          socket.flush();
        }
    };
    await send(seconds * 300);
    await figuresOf(worker);
    await send(seconds * 1000);
    const { packets, cpuNanos, heapBytes } = await figuresOf(worker);
    return { packets, cpuNanos: cpuNanos / packets, heapBytes: heapBytes / packets };
  } finally {
    await socket.close();
    await stopSink(worker);
  }
}
