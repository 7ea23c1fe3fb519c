/** `npm run bench -- relay`: what a relay forwards on one core, beside coturn and a yardstick in C. */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { processCpuNanos } from "../lib/process-times.ts";
import { hasProgram } from "../lib/processes.ts";
import { progress } from "../lib/progress.ts";
import { type Row, sampleRow, significant, valueRow } from "../lib/rows.ts";
import { type Capacity, findCapacity } from "./capacity.ts";
import { CONTENDERS, type Contender, DATAGRAM_BYTES } from "./contenders.ts";
import { Load, type Trial, type TrialResult } from "./load.ts";
import { knock } from "./newcomers.ts";

const SESSIONS = 256;
const DEFAULT_ROUNDS = 3;
const DEFAULT_SECONDS = 1;
/** A side that sends nothing for a minute ends its session, and the receiving ones are silent: a case has to be over by then. */
const MOST_SECONDS = 2;
const WARM_UP = { rate: 20_000, seconds: 1 };
const FIRST_GUESS = 60_000;
/** From where a search begins, as a share of what the round before found. */
const GUESS_SHARE = 0.85;
const TRAIN = 4;
const CLOSING_SECONDS = 2.5;
const FLOOD_RATE = 100_000;
const MEMORY_SESSIONS = 2_000;
const SESSION_PACKETS = 20e6 / (DATAGRAM_BYTES * 8);

interface Round {
  readonly packets: number[];
  readonly cpu: number[];
  readonly p50: number[];
  readonly p95: number[];
  readonly p99: number[];
  isLoadsBound: boolean;
}

/** What is found, by case, round for round. */
class Findings {
  readonly rounds = new Map<string, Round>();
  readonly kept = new Map<string, number[]>();
  readonly admitted: number[] = [];
  readonly coturnBytes: number[] = [];

  of(name: string): Round {
    let round = this.rounds.get(name);
    if (round === undefined) {
      round = { packets: [], cpu: [], p50: [], p95: [], p99: [], isLoadsBound: false };
      this.rounds.set(name, round);
    }
    return round;
  }
}

/** Runs load through a contender. */
async function openLoad(contender: Contender, isDirect = false): Promise<Load> {
  const { ports, keptHead } = contender;
  const sources = isDirect
    ? contender.sources.map((line) => {
        const [client, port] = line.split(" ");
        return `${client} ${port} 127.0.0.1 ${ports.host} 00000000\n`;
      })
    : contender.sources;
  return await Load.start(sources, { hostPort: ports.host, keptHead: isDirect ? 4 : keptHead });
}

async function search(
  { process }: Contender,
  load: Load,
  options: Trial & { guess: number },
): Promise<Capacity> {
  return await findCapacity(async (rate) => {
    const before = processCpuNanos(process.pid);
    const result = await load.run({ ...options, rate });
    return { result, cpuNanos: processCpuNanos(process.pid) - before };
  }, options.guess);
}

/** A round of one contender. */
async function measure(name: string, seconds: number, findings: Findings): Promise<void> {
  await using contender = await CONTENDERS[name]!(SESSIONS);
  if (name === "coturn") findings.coturnBytes.push(contender.sessionBytes / SESSIONS);
  let half: number;
  {
    await using load = await openLoad(contender);
    await load.run(WARM_UP);
    const capacity = await find(name, load, 1);
    half = capacity.packets / 2;
    const through = await load.run({ rate: half, seconds });
    if (name === "ffi") {
      await find("ffi/trains4", load, TRAIN);
      await crowd(contender, load, half, findings, seconds);
    }
    await load[Symbol.asyncDispose]();
    await using direct = await openLoad(contender, true);
    await direct.run({ rate: half, seconds: seconds / 2 });
    addLatency(findings.of(name), through, await direct.run({ rate: half, seconds }));
  }

  async function find(key: string, load: Load, train: number): Promise<Capacity> {
    const round = findings.of(key);
    const last = round.packets.at(-1);
    const guess = last === undefined ? FIRST_GUESS : last * GUESS_SHARE;
    const capacity = await search(contender, load, { rate: 0, train, seconds, guess });
    round.packets.push(capacity.packets);
    round.cpu.push(capacity.cpuMicros);
    round.isLoadsBound ||= capacity.isLoadsBound;
    progress(
      `${key}: ${Math.round(capacity.packets)} packets/s, ${capacity.cpuMicros.toFixed(2)} µs each`,
    );
    return capacity;
  }
}

/** Strangers and newcomers on top of half of what it can carry. */
async function crowd(
  { relay }: Contender,
  load: Load,
  half: number,
  findings: Findings,
  seconds: number,
): Promise<void> {
  for (const [name, strangers] of [
    ["ffi/flood", FLOOD_RATE],
    ["ffi/twice", half * 3],
  ] as const) {
    // Long enough that the relay finds out how busy it is, and closes its doors.
    await load.run({ rate: half, strangers, seconds: CLOSING_SECONDS });
    const over = new AbortController();
    const newcomers = knock(relay!, over.signal);
    const { sent, received } = await load.run({ rate: half, strangers, seconds: seconds * 2 });
    over.abort();
    const { asked, admitted } = await newcomers;
    const kept = findings.kept.get(name) ?? [];
    kept.push((received / sent) * 100);
    findings.kept.set(name, kept);
    if (name === "ffi/twice") findings.admitted.push((admitted / asked) * 100);
  }
}

function addLatency(round: Round, through: TrialResult, direct: TrialResult): void {
  for (const [list, percentile] of [
    [round.p50, "p50Micros"],
    [round.p95, "p95Micros"],
    [round.p99, "p99Micros"],
  ] as const)
    list.push(through[percentile] - direct.p50Micros);
}

/** Bytes that a session of the table takes. */
function tableBytes(): number {
  const script = fileURLToPath(new URL("./table-memory.ts", import.meta.url));
  const words = ["--expose-gc", script, String(MEMORY_SESSIONS)];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`the memory of a session: ${stderr}`);
  return Number(stdout.split(" ")[0]);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function rowsOf(findings: Findings): Row[] {
  const rows: Row[] = [];
  const key = (name: string, metric: string, unit: string) => ({
    ...{ bench: "relay", case: name, metric, unit },
  });
  for (const [name, { packets, cpu, p50, p95, p99 }] of findings.rounds) {
    rows.push(sampleRow(key(name, "packets", "packets/s"), packets));
    rows.push(sampleRow(key(name, "cpu", "µs"), cpu));
    if (p50.length > 0) {
      const [a, b, c] = [p50, p95, p99].map((list) => significant(median(list)));
      rows.push({ ...key(name, "latency", "µs"), n: p50.length, p50: a!, p95: b!, p99: c! });
    }
  }
  for (const [name, kept] of findings.kept) rows.push(sampleRow(key(name, "kept", "%"), kept));
  if (findings.admitted.length > 0)
    rows.push(sampleRow(key("ffi/twice", "admitted", "%"), findings.admitted));
  const { coturnBytes } = findings;
  if (coturnBytes.length > 0)
    rows.push(
      valueRow(key("coturn", "memory_per_session", "KB"), median(coturnBytes) / 1024, SESSIONS),
    );
  return rows;
}

/** Ratios round for round, so that what the machine did in a round hits both. */
function ratiosOf({ rounds }: Findings): string[] {
  const lines: string[] = [];
  const base = rounds.get("coturn")?.packets ?? [];
  for (const [name, { packets, isLoadsBound }] of rounds) {
    if (isLoadsBound) lines.push(`${name}: the load could do no more; the relay may`);
    const ratios = packets.flatMap((value, i) => (base[i] === undefined ? [] : value / base[i]));
    if (name === "coturn" || ratios.length === 0) continue;
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    lines.push(
      `${name}: ${median(ratios).toFixed(2)} × coturn's packets (${least.toFixed(2)} to ${most.toFixed(2)})`,
    );
  }
  const own = rounds.get("ffi");
  if (own !== undefined && own.packets.length > 0) {
    const sessions = Math.floor(median(own.packets) / SESSION_PACKETS);
    lines.push(`ffi: ${sessions} sessions of 20 Mbit/s one way on a core`);
  }
  return lines;
}

async function run(options: BenchOptions): Promise<Report> {
  const seconds = Math.min(options.seconds ?? DEFAULT_SECONDS, MOST_SECONDS);
  const rounds = options.n ?? DEFAULT_ROUNDS;
  const findings = new Findings();
  const failures: string[] = [];
  if (availableParallelism() < 2) throw new Error("the relay and its load need a core each");
  const names = Object.keys(CONTENDERS).filter((name) => options.cases?.includes(name) ?? true);
  for (let round = 0; round < rounds; round++)
    for (const name of names) {
      if (name === "coturn" && !hasProgram("turnserver")) {
        if (round === 0) failures.push("coturn: not installed (apt-get install coturn)");
        continue;
      }
      try {
        await measure(name, seconds, findings);
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  const rows = rowsOf(findings);
  if (names.includes("ffi")) {
    const kilobytes = tableBytes() / 1024;
    const key = { bench: "relay", case: "ffi", metric: "memory_per_session", unit: "KB" };
    rows.push(valueRow(key, kilobytes, MEMORY_SESSIONS));
  }
  return { rows, footer: [...ratiosOf(findings), ...FOOTER], failures };
}

const FOOTER = [
  `packets: ${DATAGRAM_BYTES} bytes and a head of 4, ${SESSIONS} sessions, one way, loss below 0.1 %, the relay on one core and the load on another; n rounds;`,
  "cpu: the relay's at that rate, a packet; trains4: four packets of a session in one train;",
  "latency: one way at half of that rate, from the send to the receiver's kernel, without what it takes past the relay (median);",
  "memory_per_session: ffi: objects and buffers of the table, both sides there; coturn: growth of resident memory;",
  "flood: 100,000 made-up datagrams a second beside half of what it carries; twice: as many as make twice of what it carries;",
  "kept: of the sessions' packets; admitted: of sessions that wanted in meanwhile",
] as const;

export const relay: Benchmark = {
  name: "relay",
  summary: "packets through a relay on one core, beside coturn and C",
  run,
};
