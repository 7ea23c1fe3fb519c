/** `npm run bench -- packet`: what it costs to seal and send a datagram of 1200 bytes. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Aead } from "@wavry/rift-crypto";
import {
  DATAGRAM_BYTES,
  HEADER_BYTES,
  PACKET_CIPHERS,
  PLAINTEXT_BYTES,
} from "../crypto/packet-ciphers.ts";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { type Row, sampleRow, valueRow } from "../lib/rows.ts";

const DEFAULT_SECONDS = 1;
const WARM_UP_SHARE = 0.3;
const TRAIN = 16;

interface SendResult {
  /** From the first seal to the last packet's hand-over to the kernel, a packet. */
  readonly nanos: readonly number[];
  /** CPU of the sending thread a packet. */
  readonly cpuNanos: number;
}

/** Sends trains of 16 as fast as they go. */
async function sendTrains(
  socket: Socket,
  port: number,
  aead: Aead | undefined,
  seconds: number,
): Promise<SendResult> {
  const buffers = Array.from({ length: TRAIN }, () => new Uint8Array(DATAGRAM_BYTES));
  const plaintext = new Uint8Array(PLAINTEXT_BYTES);
  const header = new Uint8Array(HEADER_BYTES);
  const nanos: number[] = [];
  const measureFrom = performance.now() + seconds * WARM_UP_SHARE * 1000;
  const end = measureFrom + seconds * 1000;
  let cpuAtStart: NodeJS.CpuUsage | undefined;
  for (let counter = 0; ; ) {
    const start = performance.now();
    if (start >= end) break;
    if (start >= measureFrom) cpuAtStart ??= process.threadCpuUsage();
    await new Promise<void>((resolve, reject) => {
      let left = TRAIN;
      for (const buffer of buffers) {
        aead?.seal(buffer, HEADER_BYTES, counter++, header, plaintext);
        socket.send(buffer, port, "127.0.0.1", (error) => {
          if (error) reject(error);
          if (--left === 0) resolve();
        });
      }
    });
    if (cpuAtStart !== undefined) nanos.push(((performance.now() - start) * 1e6) / TRAIN);
  }
  const { user, system } = process.threadCpuUsage(cpuAtStart);
  return { nanos, cpuNanos: ((user + system) * 1000) / (nanos.length * TRAIN) };
}

async function run(options: BenchOptions): Promise<Report> {
  const sink = new Worker(new URL("./sink.ts", import.meta.url));
  const rows: Row[] = [];
  try {
    const [port] = (await once(sink, "message")) as [number];
    const socket = createSocket({ type: "udp4", sendBufferSize: 4 << 20 });
    const cases: { name: string; aead: Aead | undefined }[] = [
      { name: "send", aead: undefined },
      ...PACKET_CIPHERS.map(({ suffix, create }) => ({
        name: `seal+send${suffix}`,
        aead: create(),
      })),
    ];
    for (const { name, aead } of cases) {
      using _ = aead;
      if (!(options.cases?.includes(name.split("/")[0]!) ?? true)) continue;
      const result = await sendTrains(socket, port, aead, options.seconds ?? DEFAULT_SECONDS);
      const key = (metric: string) => ({ bench: "packet", case: name, metric, unit: "ns" });
      rows.push(sampleRow(key("send"), result.nanos));
      rows.push(valueRow(key("cpu"), result.cpuNanos, result.nanos.length * TRAIN));
    }
    socket.close();
  } finally {
    await sink.terminate();
  }
  return {
    rows,
    footer: [
      "one datagram of 1200 bytes through node:dgram to 127.0.0.1, trains of 16, mean of a train a sample;",
      "cpu: of the sending thread; node-crypto: node:crypto's chacha20-poly1305",
    ],
    failures: [],
  };
}

export const packet: Benchmark = {
  name: "packet",
  summary: "sealing and sending a packet of 1200 bytes",
  run,
};
