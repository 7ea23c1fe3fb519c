/**
 * `npm run soak [-- --minutes M --profile P]`: two ends of RIFT stream 20 Mbps through an emulated link for half an hour; then
 * memory must not have grown, no handle may have leaked, and the picture must not have stood still.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    profile: { type: "string", default: "wifi-bursty" },
    json: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new RangeError("--minutes wants a number above zero");
const WARM_UP_SHARE = 0.2;
const MAX_SLOPE_BYTES_PER_HOUR = 1 << 20;
const MAX_GAP_MICROS = 1_000_000;
const SIDE = fileURLToPath(new URL("side.ts", import.meta.url));
const CLI = fileURLToPath(new URL("../../apps/cli/src/main.ts", import.meta.url));
const HOST_PORT = 47_611;
const LINK_PORT = 47_612;

interface Figures {
  readonly role: string;
  readonly at: number;
  readonly rss: number;
  readonly handles: number;
  readonly pictures: number;
  readonly longestGapMicros: number;
  readonly bytesReceived?: number;
  readonly updatesLost?: number;
  readonly keyEpoch?: number;
}

const children: ChildProcess[] = [];
function start(args: readonly string[], onLine: (line: Record<string, unknown>) => void) {
  const child = spawn(process.execPath, ["--expose-gc", ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  createInterface({ input: child.stdout! }).on("line", (line) => {
    if (line.startsWith("{")) onLine(JSON.parse(line));
  });
  return child;
}

function stopAll(): void {
  for (const child of children) {
    child.stdin?.end();
    child.kill("SIGTERM");
  }
}
process.once("SIGINT", () => {
  stopAll();
  process.exit(130);
});

/** Slope of a line through the points, in bytes an hour. */
function slopePerHour(points: readonly Figures[]): number {
  const meanAt = points.reduce((sum, { at }) => sum + at, 0) / points.length;
  const meanRss = points.reduce((sum, { rss }) => sum + rss, 0) / points.length;
  let numerator = 0;
  let denominator = 0;
  for (const { at, rss } of points) {
    numerator += (at - meanAt) * (rss - meanRss);
    denominator += (at - meanAt) ** 2;
  }
  return (numerator / denominator) * 3_600_000;
}

const figures: Figures[] = [];
const said = { host: Promise.withResolvers<void>(), client: Promise.withResolvers<void>() };
let hostSays: Record<string, unknown> = {};
let clientSays: Record<string, unknown> = {};
const ready = Promise.withResolvers<void>();
const link = start(
  [
    ...[CLI, "lab", "link", values.profile, "--json"],
    ...["--listen", `127.0.0.1:${LINK_PORT}`, "--to", `127.0.0.1:${HOST_PORT}`],
  ],
  () => {},
);
const host = start([SIDE, "host", String(HOST_PORT)], (line) => {
  if (line.wavryId !== undefined) {
    hostSays = line;
    said.host.resolve();
  } else if (line.ready === true) ready.resolve();
  else figures.push(line as unknown as Figures);
});
await said.host.promise;
const client = start(
  [SIDE, "client", String(LINK_PORT), String(hostSays.wavryId), String(hostSays.key)],
  (line) => {
    if (line.wavryId !== undefined) {
      clientSays = line;
      said.client.resolve();
      return;
    }
    if (line.closed !== undefined) process.stderr.write(`the client was closed: ${line.closed}\n`);
    else figures.push(line as unknown as Figures);
    const latest = line as unknown as Figures;
    if (!values.json && latest.bytesReceived !== undefined)
      process.stderr.write(
        `${latest.pictures} pictures, longest pause ${(latest.longestGapMicros / 1000).toFixed(0)} ms, ` +
          `${(latest.rss / 1e6).toFixed(1)} MB, ${latest.handles} handles\n`,
      );
  },
);
await said.client.promise;
host.stdin!.write(`${JSON.stringify(clientSays)}\n`);
await ready.promise;
client.stdin!.write("go\n");
const startedAt = Date.now();
const ended = Promise.race(
  [link, host, client].map(
    (child) => new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1))),
  ),
);
const early = await Promise.race([ended, sleep(minutes * 60_000, undefined, { ref: false })]);
stopAll();
const problems: string[] = early === undefined ? [] : [`a process ended early with ${early}`];
const results = ["host", "client"].map((role) => {
  const own = figures.filter((line) => line.role === role);
  const settled = own.filter(({ at }) => at > startedAt + WARM_UP_SHARE * minutes * 60_000);
  const slope = slopePerHour(settled);
  const [first, last] = [settled[0], settled.at(-1)];
  const longestGapMs = Math.max(...settled.map(({ longestGapMicros }) => longestGapMicros)) / 1000;
  if (slope > MAX_SLOPE_BYTES_PER_HOUR)
    problems.push(`the ${role} grows by ${(slope / 1e6).toFixed(2)} MB an hour`);
  if ((last?.handles ?? 0) > (first?.handles ?? 0)) problems.push(`the ${role} leaks handles`);
  if (longestGapMs * 1000 > MAX_GAP_MICROS)
    problems.push(`the picture stood still for ${longestGapMs} ms`);
  return {
    role,
    rssSlopeMbPerHour: Number((slope / 1e6).toFixed(3)),
    rssMb: Number(((last?.rss ?? 0) / 1e6).toFixed(1)),
    handles: last?.handles,
    pictures: last?.pictures,
    longestGapMs,
    updatesLost: last?.updatesLost,
    keyEpoch: last?.keyEpoch,
    mbps:
      last?.bytesReceived === undefined
        ? undefined
        : Number(((last.bytesReceived * 8) / (last.at - startedAt) / 1000).toFixed(2)),
  };
});
process.stdout.write(
  `${JSON.stringify({ minutes, profile: values.profile, results, problems })}\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
