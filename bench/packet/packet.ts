/** `npm run bench -- packet`: what a datagram of 1200 bytes costs on its way, and how long an input datagram waits. */
import { PACKET_CIPHERS } from "../crypto/packet-ciphers.ts";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { type Row, sampleRow, valueRow } from "../lib/rows.ts";
import { measureReceive, startSink, stopSink } from "./receive-path.ts";
import {
  dgramPath,
  measureSend,
  type SendFigures,
  type TrainPath,
  wavryPath,
} from "./send-path.ts";
import { measureTimer } from "./timer-delay.ts";
import { measureUpdates } from "./update-path.ts";
import { measureInputWait, measureWakeUp } from "./wake-up.ts";

const DEFAULT_SECONDS = 1;

/** Sockets; the part after the case's name ("" is Wavry's own choice on this machine). */
const SEND_PATHS: readonly {
  suffix: string;
  open: (port: number) => TrainPath | Promise<TrainPath>;
}[] = [
  { suffix: "", open: (port) => wavryPath(port, "best") },
  { suffix: "/plain", open: (port) => wavryPath(port, "plain") },
  { suffix: "/dgram", open: dgramPath },
];

const FOOTER = [
  "send, seal+send: datagrams of 1200 bytes in trains of 48 to a plain socket on 127.0.0.1, a train a sample; receive: in trains of 16, in a thread of its own;",
  "update: the whole way of an update of 48 packets through the session to a client, nothing paced; cpu and heap with its reports;",
  "update/varied: updates of 4 to 48 packets, hardly two of the same size;",
  "cpu: of the thread; heap: bytes allocated in V8's heap a packet, heap_client: on the other side; plain: through node:dgram; dgram: node:dgram with a callback each;",
  "node-crypto: node:crypto's chacha20-poly1305 and node:dgram; timer: how late a wait of 0.7 ms ends, plain: setTimeout;",
  "wake-up: from the datagram's arrival in the kernel (with a plain socket: from its sending) to the callback, while the main thread is busy 10 of every 16 ms;",
  "wake-up/session: the same from a client's sendInput to the callback of a host's endpoint in a thread of its own, with what priority it got",
] as const;

function key(name: string, metric: string, unit: string) {
  return { bench: "packet", case: name, metric, unit };
}

async function run(options: BenchOptions): Promise<Report> {
  const seconds = options.seconds ?? DEFAULT_SECONDS;
  const wanted = (name: string): boolean => options.cases?.includes(name.split("/")[0]!) ?? true;
  const rows: Row[] = [];
  const footer: string[] = [...FOOTER];
  await benchSend();
  for (const [name, prefer, sizes] of [
    ["update", "best", "equal"],
    ["update/varied", "best", "varied"],
    ["update/plain", "plain", "equal"],
  ] as const)
    if (wanted(name)) {
      const figures = await measureUpdates(prefer, sizes, seconds);
      const { heapBytes, packets } = figures.client;
      addSend(name, figures);
      rows.push(valueRow(key(name, "heap_client", "bytes"), heapBytes / packets, packets));
    }
  await benchReceive();
  for (const [name, prefer] of [
    ["timer", "best"],
    ["timer/plain", "plain"],
  ] as const)
    if (wanted(name))
      rows.push(sampleRow(key(name, "late", "ms"), await measureTimer(prefer, seconds)));
  await benchWakeUp();
  return { rows, footer, failures: [] };

  function addSend(name: string, { nanos, cpuNanos, heapBytes, packets }: SendFigures): void {
    rows.push(sampleRow(key(name, "send", "ns"), nanos));
    rows.push(valueRow(key(name, "cpu", "ns"), cpuNanos, packets));
    rows.push(valueRow(key(name, "heap", "bytes"), heapBytes, packets));
  }

  async function benchSend(): Promise<void> {
    const [own, nodeCrypto] = PACKET_CIPHERS;
    const cases = SEND_PATHS.flatMap(({ suffix, open }) => [
      { name: `send${suffix}`, open, cipher: undefined },
      { name: `seal+send${suffix}`, open, cipher: own },
    ]);
    cases.push({ name: "seal+send/node-crypto", open: dgramPath, cipher: nodeCrypto });
    const [sink, port] = await startSink("plain");
    try {
      for (const { name, open, cipher } of cases) {
        if (!wanted(name)) continue;
        await using path = await open(port);
        using aead = cipher?.create();
        const figures = await measureSend(path, aead, seconds);
        addSend(name, figures);
        if (name === "send") footer.push(`this machine's socket: ${path.kind}`);
      }
    } finally {
      await stopSink(sink);
    }
  }

  async function benchReceive(): Promise<void> {
    for (const [name, prefer] of [
      ["receive", "best"],
      ["receive/plain", "plain"],
    ] as const) {
      if (!wanted(name)) continue;
      const { cpuNanos, heapBytes, packets } = await measureReceive(prefer, seconds);
      rows.push(valueRow(key(name, "cpu", "ns"), cpuNanos, packets));
      rows.push(valueRow(key(name, "heap", "bytes"), heapBytes, packets));
    }
  }

  async function benchWakeUp(): Promise<void> {
    if (!wanted("wake-up")) return;
    for (const place of ["main", "worker", "worker-fifo"] as const) {
      const { millis, priority } = await measureWakeUp(place, seconds * 3);
      if (place === "worker-fifo" && priority !== "fifo") {
        footer.push(`SCHED_FIFO is not allowed here: the worker got "${priority}"`);
        rows.push(sampleRow(key(`wake-up/worker-${priority}`, "wait", "ms"), millis));
      } else rows.push(sampleRow(key(`wake-up/${place}`, "wait", "ms"), millis));
    }
    const { millis, priority } = await measureInputWait(seconds * 3);
    footer.push(`wake-up/session: the thread got "${priority}"`);
    rows.push(sampleRow(key("wake-up/session", "wait", "ms"), millis));
  }
}

export const packet: Benchmark = {
  name: "packet",
  summary: "sealing, sending and receiving a packet of 1200 bytes; the wait of an input datagram",
  run,
};
