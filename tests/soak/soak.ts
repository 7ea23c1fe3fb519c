/**
 * `npm run soak`, see `--help`. Without `--web` two ends of RIFT stream 20 Mbps through an emulated link for half an hour; then
 * memory must not have grown, no handle may have leaked, and the picture must not have stood still.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { slopePerHour } from "./slope.ts";

const HELP = `npm run soak [-- OPTIONS]

Streams for a long time, and fails where memory grows, a handle leaks, the picture stands still or latency drifts.
Prints what it found as one line of JSON; the exit code is 1 where something is wrong.

  --web           a host, its gateway and a page in Chromium, instead of two ends of RIFT
  --minutes M     how long; default 30, with --web 120. Shorter than 20, --web does not judge memory.
  --profile P     network that is emulated, without --web; default wifi-bursty
  --json          no news while it runs
  --help          this text
`;

function readArguments() {
  try {
    return parseArgs({
      options: {
        web: { type: "boolean", default: false },
        minutes: { type: "string" },
        profile: { type: "string", default: "wifi-bursty" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return misused((error as Error).message);
  }
}

function misused(what: string): never {
  process.stderr.write(`${what}\n\n${HELP}`);
  process.exit(2);
}

const values = readArguments();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const minutes = Number(values.minutes ?? (values.web ? 120 : 30));
if (!(minutes > 0)) misused("--minutes wants a number above zero");
if (values.web) {
  const { soakWeb } = await import("./web-soak.ts");
  const found = await soakWeb({ minutes, quiet: values.json });
  process.exit(found.length === 0 ? 0 : 1);
}
const WARM_UP_SHARE = 0.2;
const MAX_SLOPE_BYTES_PER_HOUR = 1 << 20;
const MAX_GAP_MICROS = 1_000_000;
const SIDE = fileURLToPath(new URL("side.ts", import.meta.url));
const CLI = fileURLToPath(new URL("../../apps/cli/bin/wavry.js", import.meta.url));
const HOST_PORT = 47_611;
const LINK_PORT = 47_612;

interface Figures {
  readonly role: string;
  readonly at: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** Bytes outside of the heap that JavaScript holds. */
  readonly external: number;
  readonly handles: number;
  readonly pictures: number;
  readonly longestGapMicros: number;
  /** How late the process's own timers came: the machine stood still, or something held the thread. */
  readonly longestLatenessMicros: number;
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

const megabytes = (bytes: number): number => Number((bytes / 1e6).toFixed(3));
/** What a gap would be without the time in which the machine stood. */
const ownGap = (point: Figures): number =>
  point.longestGapMicros - Math.max(point.longestLatenessMicros, stoodMicros(point.at));

/** By how much the other processes of this run were late at that time. */
function stoodMicros(at: number): number {
  const around = figures.filter((line) => Math.abs(line.at - at) < 15_000);
  return Math.max(0, ...around.map(({ longestLatenessMicros }) => longestLatenessMicros));
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
  const slope = slopePerHour(settled, ({ rss }) => rss);
  const held = slopePerHour(settled, ({ heapUsed, external }) => heapUsed + external);
  const [first, last] = [settled[0], settled.at(-1)];
  const longestGapMs = Math.max(...settled.map(({ longestGapMicros }) => longestGapMicros)) / 1000;
  const longestOwnGapMs = Math.max(...settled.map(ownGap)) / 1000;
  const lateMs = Math.max(...settled.map((line) => line.longestLatenessMicros)) / 1000;
  if (slope > MAX_SLOPE_BYTES_PER_HOUR)
    problems.push(`the ${role} grows by ${megabytes(slope)} MB an hour`);
  if (held > MAX_SLOPE_BYTES_PER_HOUR)
    problems.push(`what the ${role} holds grows by ${megabytes(held)} MB an hour`);
  if ((last?.handles ?? 0) > (first?.handles ?? 0)) problems.push(`the ${role} leaks handles`);
  if (longestOwnGapMs * 1000 > MAX_GAP_MICROS)
    problems.push(`the picture stood still for ${longestGapMs} ms`);
  return {
    role,
    rssSlopeMbPerHour: megabytes(slope),
    heldSlopeMbPerHour: megabytes(held),
    rssMb: megabytes(last?.rss ?? 0),
    heldMb: megabytes((last?.heapUsed ?? 0) + (last?.external ?? 0)),
    handles: last?.handles,
    pictures: last?.pictures,
    longestGapMs,
    longestLatenessMs: lateMs,
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
