/** CPU time of processes and threads, from /proc. */
import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

function ticks(statFile: string): number {
  let stat: string;
  try {
    stat = readFileSync(statFile, "latin1");
  } catch {
    return 0;
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** CPU seconds (user and system) that a process and all its threads have used; 0 if it is gone. 10 ms steps. */
export function processCpuSeconds(pid: number): number {
  return ticks(`/proc/${pid}/stat`) / TICKS_PER_SECOND;
}

/** CPU time of a process and all its living threads, ns: as the scheduler counts it, much finer than in `stat`. */
export function processCpuNanos(pid: number): number {
  let sum = 0;
  for (const tid of readdirSync(`/proc/${pid}/task`))
    try {
      sum += Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, "latin1").split(" ")[0]);
    } catch {}
  return sum;
}

/** Resident memory of a process in bytes; 0 if it is gone. */
export function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** CPU seconds of each thread of a process, by `name/tid`. */
export function threadCpuSeconds(pid: number): Record<string, number> {
  const result: Record<string, number> = {};
  let threads: string[] = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return result;
  }
  for (const tid of threads) {
    let name = "?";
    try {
      name = readFileSync(`/proc/${pid}/task/${tid}/comm`, "utf8").trim();
    } catch {}
    result[`${name}/${tid}`] = ticks(`/proc/${pid}/task/${tid}/stat`) / TICKS_PER_SECOND;
  }
  return result;
}

interface Relation {
  readonly parent: number;
  /** User and system time of the process and of its children that have ended. */
  readonly seconds: number;
}

function readRelations(): Map<number, Relation> {
  const relations = new Map<number, Relation>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, "latin1");
    } catch {
      continue;
    }
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    relations.set(Number(name), { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND });
  }
  return relations;
}

/** CPU seconds that some processes and everything that they started have used, ended children included. 10 ms steps. */
export function familyCpuSeconds(roots: readonly number[]): number {
  const relations = readRelations();
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined; at = relations.get(at)?.parent)
      if (roots.includes(at)) return true;
    return false;
  };
  let sum = 0;
  for (const [pid, { seconds }] of relations) if (belongs(pid)) sum += seconds;
  return sum;
}

/** Measures the CPU use of some processes and their families from its creation to each `percentOfCore()`. */
export class CpuMeter {
  readonly #pids: readonly number[];
  readonly #cpuAtStart: number;
  readonly #startedMillis = performance.now();

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#cpuAtStart = familyCpuSeconds(pids);
  }

  /** Mean use since the start in percent of one core. */
  percentOfCore(): number {
    const seconds = (performance.now() - this.#startedMillis) / 1000;
    return (100 * (familyCpuSeconds(this.#pids) - this.#cpuAtStart)) / seconds;
  }
}
