/** `npm run bench -- flood`: how long a paired device takes to connect while a host is flooded with initiations. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CloseReason } from "@wavry/rift-core";
import { createIdentity, createPairingSecret, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { ConnectError, RiftEndpoint } from "@wavry/rift-udp";
import { startLines } from "../glass/line-process.ts";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { OwnedDirectory } from "../lib/processes.ts";
import { progress } from "../lib/progress.ts";
import { type Row, sampleRow, valueRow } from "../lib/rows.ts";
import { FLOODS, type Flood, floodPackets } from "./floods.ts";
import type { HostArguments } from "./host-arguments.ts";

const DEFAULT_SECONDS = 8;
const RATE_PER_SECOND = 100_000;
/** The heap settles before memory is compared. */
const SETTLE_MILLIS = 2_000;
/** Between two handshakes of the one real client. */
const PAUSE_MILLIS = 10;
const HANDSHAKE_TIMEOUT_MICROS = 2_000_000;
const NO_FLOOD = "none";

interface HostState {
  readonly atMillis: number;
  readonly rssBytes: number;
  readonly usedBytes: number;
  readonly cpuMicros: number;
  readonly handled: number;
}

/** The last number that a process printed behind a word, and all states of the host. */
class Watch {
  port = 0;
  sent = 0;
  readonly states: HostState[] = [];

  readonly read = ([word, ...fields]: readonly string[]): void => {
    const numbers = fields.map(Number);
    if (word === "port") this.port = numbers[0]!;
    if (word === "sent") this.sent = numbers[0]!;
    if (word !== "state") return;
    const [rssBytes, usedBytes, cpuMicros, handled] = numbers;
    this.states.push({
      atMillis: performance.now(),
      rssBytes: rssBytes!,
      usedBytes: usedBytes!,
      cpuMicros: cpuMicros!,
      handled: handled!,
    });
  };
}

function hostArguments(
  host: Identity,
  client: Identity,
  devices: number,
  secret: Uint8Array,
): HostArguments {
  // The real client's is the last that is tried.
  const paired = Array.from({ length: devices }, (_, i) =>
    i === devices - 1 ? client : createIdentity(suite),
  );
  return {
    identitySeed: host.identitySeed.toHex(),
    staticPrivate: host.staticPrivate.toHex(),
    paired: paired.map(({ wavryId, staticKey }) => [wavryId, staticKey.toHex()]),
    secret: secret.toHex(),
  };
}

/** Connects and leaves, again and again; gives the milliseconds of each. */
async function connectFor(
  millis: number,
  client: Identity,
  remote: { address: string; port: number; host: Identity },
): Promise<number[]> {
  const samples: number[] = [];
  const end = performance.now() + millis;
  const { wavryId, staticKey } = remote.host;
  await using endpoint = await RiftEndpoint.bind({ address: "127.0.0.1", suite, identity: client });
  while (performance.now() < end) {
    const start = performance.now();
    try {
      const connection = await endpoint.connect({
        addresses: [{ address: remote.address, port: remote.port }],
        remote: { wavryId, staticKey },
        timeoutMicros: HANDSHAKE_TIMEOUT_MICROS,
      });
      connection.close(CloseReason.done);
    } catch (error) {
      // One that never succeeds takes as long as the client waits.
      if (!(error instanceof ConnectError && error.code === "timeout")) throw error;
    }
    samples.push(performance.now() - start);
    await sleep(PAUSE_MILLIS);
  }
  return samples;
}

async function measure(
  flood: Flood | undefined,
  devices: number,
  seconds: number,
): Promise<{ rows: Row[]; note: string }> {
  const host = createIdentity(suite);
  const client = createIdentity(suite);
  const secret = createPairingSecret(suite);
  using folder = new OwnedDirectory();
  const watch = new Watch();
  const arguments_ = hostArguments(host, client, devices, secret);
  await using hosting = await startLines(
    "../flood/host.ts",
    [JSON.stringify(arguments_)],
    watch.read,
  );
  while (watch.port === 0) {
    if (!hosting.process.running) throw new Error(`no host: ${hosting.process.lastWords}`);
    await sleep(20);
  }
  const remote = { address: "127.0.0.1", port: watch.port, host };
  // Whatever is compiled or loaded late is not what a flood costs.
  await connectFor(1_000, client, remote);
  const name = `${flood?.name ?? NO_FLOOD}/${devices}`;
  const key = (metric: string, unit: string) => ({ bench: "flood", case: name, metric, unit });
  if (flood === undefined) {
    const samples = await connectFor(seconds * 1000, client, remote);
    await hosting.finish();
    return { rows: [sampleRow(key("handshake", "ms"), samples)], note: "" };
  }
  const file = join(folder.path, "packets");
  writeFileSync(file, floodPackets(flood, { host, client, secret }));
  await using flooding = await startLines(
    "../flood/flooder.ts",
    [String(watch.port), String(RATE_PER_SECOND), file, flood.fresh ? "fresh" : "recorded"],
    watch.read,
  );
  await sleep(SETTLE_MILLIS);
  const before = watch.states.at(-1)!;
  const sentBefore = watch.sent;
  const start = performance.now();
  const samples = await connectFor(seconds * 1000, client, remote);
  const flooded = performance.now() - start;
  const sent = watch.sent - sentBefore;
  const after = watch.states.at(-1)!;
  await flooding.finish();
  await hosting.finish();
  const taken = after.handled - before.handled;
  const between = (after.atMillis - before.atMillis) / 1000;
  return {
    rows: [
      sampleRow(key("handshake", "ms"), samples),
      valueRow(key("flood", "initiations/s"), (sent / flooded) * 1000, sent),
      valueRow(key("handled", "initiations/s"), taken / between, taken),
      valueRow(
        key("cpu_host", "% of a core"),
        (after.cpuMicros - before.cpuMicros) / between / 1e4,
        1,
      ),
      valueRow(key("rss_growth", "MB"), (after.rssBytes - before.rssBytes) / 1e6, 1),
    ],
    note: `${name}: ${flood.summary}`,
  };
}

async function run(options: BenchOptions): Promise<Report> {
  const seconds = options.seconds ?? DEFAULT_SECONDS;
  const rows: Row[] = [];
  const footer: string[] = [];
  const failures: string[] = [];
  const cases: { flood: Flood | undefined; devices: number }[] = [
    { flood: undefined, devices: 1 },
    ...FLOODS.flatMap((flood) => flood.devices.map((devices) => ({ flood, devices }))),
  ];
  for (const { flood, devices } of cases) {
    const name = flood?.name ?? NO_FLOOD;
    if (options.cases?.includes(name) === false) continue;
    try {
      const { rows: found, note } = await measure(flood, devices, seconds);
      rows.push(...found);
      if (note !== "") footer.push(note);
      progress(`${name}/${devices}: done`);
    } catch (error) {
      failures.push(`${name}/${devices}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { rows, footer, failures };
}

export const flood: Benchmark = {
  name: "flood",
  summary: "connecting while a host is flooded with spoofed initiations",
  run,
};
