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

/** Measures the CPU use of some processes from its creation to each `percentOfCore()`. */
export class CpuMeter {
  readonly #pids: readonly number[];
  readonly #cpuAtStart: number;
  readonly #startedMillis = performance.now();

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#cpuAtStart = this.#cpuSeconds();
  }

  #cpuSeconds(): number {
    return this.#pids.reduce((sum, pid) => sum + processCpuSeconds(pid), 0);
  }

  /** Mean use since the start in percent of one core. */
  percentOfCore(): number {
    const seconds = (performance.now() - this.#startedMillis) / 1000;
    return (100 * (this.#cpuSeconds() - this.#cpuAtStart)) / seconds;
  }
}
