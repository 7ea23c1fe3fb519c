/** What it costs to seal and send datagrams of 1200 bytes in trains. */
import { createSocket } from "node:dgram";
import { setImmediate as turn } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import type { Aead } from "@wavry/rift-crypto";
import { openSocket } from "@wavry/rift-udp";
import { DATAGRAM_BYTES, HEADER_BYTES, PLAINTEXT_BYTES } from "../crypto/packet-ciphers.ts";

const WARM_UP_SHARE = 0.3;
/** Packets of a train: about one frame at 30 Mbps and 60 frames a second. */
export const TRAIN = 48;

/** What a packet costs the sending thread. */
export interface SendFigures {
  /** From the first seal to the last packet's hand-over to the kernel, a packet; one sample a train. */
  readonly nanos: readonly number[];
  readonly cpuNanos: number;
  readonly heapBytes: number;
  readonly packets: number;
}

/** Sends one train and returns when the kernel has it. */
export interface TrainPath extends AsyncDisposable {
  readonly kind: string;
  send(packets: readonly Uint8Array[]): void | Promise<void>;
}

/** node:dgram as its manual shows it. */
export function dgramPath(port: number): TrainPath {
  const socket = createSocket({ type: "udp4", sendBufferSize: 4 << 20 });
  return {
    kind: "dgram",
    send: (packets) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let left = packets.length;
      for (const packet of packets)
        socket.send(packet, port, "127.0.0.1", (error) => {
          if (error) reject(error);
          if (--left === 0) resolve();
        });
      return promise;
    },
    [Symbol.asyncDispose]: async () => {
      socket.close();
    },
  };
}

/** Wavry's socket. */
export async function wavryPath(port: number, prefer: "best" | "plain"): Promise<TrainPath> {
  const socket = await openSocket({ prefer, address: "127.0.0.1" });
  return {
    kind: socket.kind,
    send: (packets) => {
      for (const packet of packets) socket.send(packet, packet.length, "127.0.0.1", port);
      socket.flush();
    },
    [Symbol.asyncDispose]: () => socket.close(),
  };
}

/** Sends trains as fast as they go; without an `aead` the packets are sent as they are. */
export async function measureSend(
  path: TrainPath,
  aead: Aead | undefined,
  seconds: number,
): Promise<SendFigures> {
  // A pool as the session has it: neighbours in one buffer.
  const slab = new Uint8Array(TRAIN * DATAGRAM_BYTES);
  const packets = Array.from({ length: TRAIN }, (_, i) =>
    slab.subarray(i * DATAGRAM_BYTES, (i + 1) * DATAGRAM_BYTES),
  );
  const plaintext = new Uint8Array(PLAINTEXT_BYTES);
  const header = new Uint8Array(HEADER_BYTES);
  const nanos = new Float64Array(1_000_000);
  let trains = 0;
  const measureFrom = performance.now() + seconds * WARM_UP_SHARE * 1000;
  const end = measureFrom + seconds * 1000;
  let cpuAtStart: NodeJS.CpuUsage | undefined;
  let heapAtStart = 0;
  for (let counter = 0; trains < nanos.length; ) {
    const start = performance.now();
    // A machine that is busy may let the whole time go by at once.
    if (start >= end && trains > 0) break;
    if (cpuAtStart === undefined && start >= measureFrom) {
      cpuAtStart = process.threadCpuUsage();
      heapAtStart = getHeapStatistics().total_allocated_bytes;
    }
    const from = performance.now();
    if (aead !== undefined)
      for (const packet of packets) aead.seal(packet, HEADER_BYTES, counter++, header, plaintext);
    const sent = path.send(packets);
    if (sent !== undefined) await sent;
    if (cpuAtStart !== undefined) nanos[trains++] = ((performance.now() - from) * 1e6) / TRAIN;
    // Node's own socket cannot go on without a turn of the loop; this one shall not do without either.
    if (sent === undefined && trains % 16 === 0) await turn();
  }
  const heapBytes = getHeapStatistics().total_allocated_bytes - heapAtStart;
  const { user, system } = process.threadCpuUsage(cpuAtStart);
  const count = trains * TRAIN;
  return {
    nanos: [...nanos.subarray(0, trains)],
    cpuNanos: ((user + system) * 1000) / count,
    heapBytes: heapBytes / count,
    packets: count,
  };
}
