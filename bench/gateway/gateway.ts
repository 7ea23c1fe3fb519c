/** `npm run bench -- gateway`: what the gateway's sockets, signaling, logins and start cost, beside a bare server. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { progress } from "../lib/progress.ts";
import { type Row, type RowKey, sampleRow, valueRow } from "../lib/rows.ts";
import { UsageError } from "../lib/usage-error.ts";
import { Helper } from "./helper.ts";
import type { IdleOptions, IdleState } from "./idler.ts";
import type { Memory } from "./memory.ts";
import type { ProberRun } from "./prober.ts";
import { ratioLines } from "./ratios.ts";
import type { SignerResult, SignerRun } from "./signer.ts";
import { openSite, SITES, type Site, type SiteName } from "./site.ts";
import { timeStart } from "./start-time.ts";
import type { TalkOptions, TalkResult, TalkRun } from "./talker.ts";

const DEFAULT_SOCKETS = 10_000;
const DEFAULT_SECONDS = 30;
/** Opened before memory is measured first, so that code and pools are not counted as sockets. */
const WARM_SOCKETS = 200;
/** The young generation, which grows and shrinks by tens of megabytes whatever is open, is kept small. */
const MEMORY_FLAGS = ["--expose-gc", "--max-semi-space-size=1"];
const PAIRS = 50;
const MESSAGES_A_SECOND = 1_000;
const WARM_UP_SECONDS = 2;
const PEOPLE = 8;
const PROBES_A_SECOND = 100;
const STARTS = 10;
/** Files of a process beside its sockets. */
const OTHER_FILES = 200;

async function memoryOf(helpers: readonly Helper[]): Promise<Memory> {
  const each = await Promise.all(helpers.map((helper) => helper.ask<Memory>("memory")));
  return {
    rss: each.reduce((sum, { rss }) => sum + rss, 0),
    heap: each.reduce((sum, { heap }) => sum + heap, 0),
  };
}

function idleSockets(site: Site, count: number, seconds: number): Promise<Row[]> {
  return site.use(async ({ helpers, urls }) => {
    await using idler = await Helper.start("idler.ts");
    const open = (upTo: number) =>
      idler.ask<void>("open", { urls, kind: site.kind, count: upTo } satisfies IdleOptions);
    await open(WARM_SOCKETS);
    await idler.ask<IdleState>("hold", 1);
    const before = await memoryOf(helpers);
    await open(WARM_SOCKETS + count);
    const state = await idler.ask<IdleState>("hold", seconds);
    const after = await memoryOf(helpers);
    if (state.open !== WARM_SOCKETS + count)
      throw new Error(`only ${state.open} sockets stayed open: ${state.lost.join("; ")}`);
    await idler.finish();
    const row = (metric: string, bytes: number) =>
      valueRow(key(site, metric, "KB"), bytes / count / 1_000, count);
    return [
      row("memory_per_socket", after.rss - before.rss),
      row("heap_per_socket", after.heap - before.heap),
    ];
  }, MEMORY_FLAGS);
}

function signaling(site: Site, seconds: number): Promise<Row[]> {
  return site.use(async ({ urls }) => {
    await using talker = await Helper.start("talker.ts");
    await talker.ask("open", { urls, kind: site.kind, pairs: PAIRS } satisfies TalkOptions);
    const run = (length: number) =>
      talker.ask<TalkResult>("run", {
        rate: MESSAGES_A_SECOND,
        seconds: length,
      } satisfies TalkRun);
    await run(WARM_UP_SECONDS);
    const result = await run(seconds);
    const { latencies, sent, lost } = result;
    if (latencies.length < sent || lost.length > 0)
      throw new Error(`${sent - latencies.length} messages of ${sent} lost: ${lost.join("; ")}`);
    if (sent / result.seconds < MESSAGES_A_SECOND * 0.98)
      throw new Error(`the sender only managed ${Math.round(sent / result.seconds)} messages/s`);
    await talker.finish();
    return [sampleRow(key(site, "signaling", "ms"), latencies)];
  });
}

function logins(site: Site, seconds: number): Promise<Row[]> {
  return site.use(async ({ urls }) => {
    await using signer = await Helper.start("signer.ts");
    await using prober = await Helper.start("prober.ts");
    const [signed, probes] = await Promise.all([
      signer.ask<SignerResult>("run", { urls, people: PEOPLE, seconds } satisfies SignerRun),
      prober.ask<number[]>("run", { urls, rate: PROBES_A_SECOND, seconds } satisfies ProberRun),
    ]);
    await Promise.all([signer.finish(), prober.finish()]);
    return [
      valueRow(key(site, "logins", "logins/s"), signed.logins / signed.seconds, signed.logins),
      sampleRow(key(site, "health_under_login", "ms"), probes),
    ];
  });
}

async function starts(site: Site): Promise<Row[]> {
  // Compiled code is in its cache from here on, as at each start but the first of a new version.
  await timeStart(site, site.kind === "gateway");
  const first: number[] = [];
  const later: number[] = [];
  for (let at = 0; at < STARTS; at++) {
    later.push(await timeStart(site, false));
    if (site.kind === "gateway") first.push(await timeStart(site, true));
  }
  return [
    sampleRow(key(site, "start", "ms"), later),
    ...(first.length > 0 ? [sampleRow(key(site, "first_start", "ms"), first)] : []),
  ];
}

function key({ name }: Site, metric: string, unit: string): RowKey {
  return { bench: "gateway", case: name, metric, unit };
}

/** Adds to `rows` what it finds; what was found before something failed stays. */
async function measure(
  name: SiteName,
  sockets: number,
  seconds: number,
  rows: Row[],
): Promise<void> {
  progress(`${name}: making a database with ${sockets} devices`);
  const population = { idle: WARM_SOCKETS + sockets, talking: 2 * PAIRS };
  await using site = await openSite(name, population);
  progress(`${name}: ${sockets} idle sockets`);
  rows.push(...(await idleSockets(site, sockets, seconds)));
  progress(`${name}: signaling`);
  rows.push(...(await signaling(site, seconds)));
  progress(`${name}: logins`);
  rows.push(...(await logins(site, seconds)));
  progress(`${name}: starts`);
  rows.push(...(await starts(site)));
}

function requireFiles(sockets: number): void {
  const limits = readFileSync("/proc/self/limits", "latin1");
  const most = Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  const wanted = WARM_SOCKETS + sockets + OTHER_FILES;
  if (most < wanted)
    throw new UsageError(`${sockets} sockets need ${wanted} files: ulimit -Hn says ${most}`);
}

function chosenSites(cases: readonly string[] | undefined): readonly SiteName[] {
  for (const name of cases ?? [])
    if (!SITES.some((site) => site === name))
      throw new UsageError(`no case of gateway is called "${name}": ${SITES.join(", ")}`);
  return SITES.filter((name) => cases?.includes(name) ?? true);
}

async function run(options: BenchOptions): Promise<Report> {
  const sockets = options.n ?? DEFAULT_SOCKETS;
  const seconds = options.seconds ?? DEFAULT_SECONDS;
  const names = chosenSites(options.cases);
  requireFiles(sockets);
  const loadBefore = loadavg()[0]!;
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const name of names)
    try {
      await measure(name, sockets, seconds, rows);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  return {
    rows,
    footer: [...ratioLines(rows), ...footer({ sockets, seconds, loadBefore })],
    failures,
  };
}

function footer(conditions: {
  readonly sockets: number;
  readonly seconds: number;
  readonly loadBefore: number;
}): string[] {
  const { sockets, seconds, loadBefore } = conditions;
  return [
    `machine: ${availableParallelism()} processors (${cpus()[0]?.model ?? "unknown"}), which servers, load and databases share; Node ${process.version}; load of the last minute before the run ${loadBefore.toFixed(2)}, which must be near 0 for figures in ms`,
    `memory_per_socket: growth of the resident memory by ${sockets} bound sockets that ping each 15 s, ${seconds} s later and after a collection, divided by them; it is what a machine must have, the kernel's own buffers aside. heap_per_socket: the same of live objects and buffers alone. Node runs with --max-semi-space-size=1 here, as its young generation would grow and shrink by more than the sockets take. Of two replicas: both together, half of the sockets at each.`,
    `signaling: candidates messages of about 340 bytes over ${PAIRS} sessions, ${MESSAGES_A_SECOND}/s in all, ${seconds} s, from send to receipt in one process that has both ends; of two replicas: clients at one, hosts at the other. bare: the same texts, echoed to who sent them.`,
    `logins: ${PEOPLE} at a time with Argon2id of 19 MiB and 2 passes, health asked for ${PROBES_A_SECOND} times a second beside them. The gateway keeps one processor free of hashing (here one hash at a time and replica); bare: a route that hashes in all four threads and does nothing else.`,
    `start: from spawn to the first good /health of wavry gateway, ${STARTS} times, with compiled code in its cache; first_start: with an empty database that it makes its tables in.`,
    `databases: SQLite with WAL and synchronous=FULL; PostgreSQL over a Unix socket with fsync, full_page_writes and autovacuum on, shared_buffers 128 MB; both in the temporary folder. Redis over loopback, keeping nothing on disk, as it holds nothing that lasts.`,
    `limits on requests are raised (limitFactor), as all load comes from one address and a few accounts; nothing else differs from the product. Accounts and devices come from a fixed seed.`,
  ];
}

export const gateway: Benchmark = {
  name: "gateway",
  summary: "the gateway's memory a socket, signaling, logins and start, beside a bare server",
  run,
};
