import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const END_MILLIS = 5_000;

/** One line of `--json`. */
export type ProgramReport = Readonly<Record<string, unknown>>;

/** A `wavry` program of our own that runs with `--json`. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** The first report, past or future, that fits; rejects with the program's last words if it ends before. */
  report(fits: (report: ProgramReport) => boolean, timeoutMillis: number): Promise<ProgramReport>;
  /** The newest report that fits. */
  lastReport(fits: (report: ProgramReport) => boolean): ProgramReport | undefined;
}

/** Starts `wavry` with `arguments_`; dispose asks it to end and waits. */
export function startProgram(
  arguments_: readonly string[],
  environment: Readonly<Record<string, string>>,
): Program {
  const child = spawn(process.execPath, [MAIN, ...arguments_], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const reports: ProgramReport[] = [];
  let words = "";
  child.stderr.on("data", (data) => {
    words = (words + data).slice(-2000);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const report = parseReport(line);
    if (report === undefined) return;
    reports.push(report);
    child.emit("report");
  });
  return {
    pid: child.pid ?? 0,
    lastReport: (fits) => reports.findLast(fits),
    async report(fits, timeoutMillis) {
      const timeout = AbortSignal.timeout(timeoutMillis);
      for (;;) {
        const found = reports.find(fits);
        if (found !== undefined) return found;
        const ended = exited.then(() => true);
        const news = once(child, "report", { signal: timeout }).then(() => false);
        const isOver = await Promise.race([ended, news]).catch(() => true);
        if (isOver) throw new Error(`wavry ${arguments_[0]} gave no answer: ${words.trim()}`);
      }
    },
    [Symbol.asyncDispose]: () => end(child, exited),
  };
}

function parseReport(line: string): ProgramReport | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  const impatient = setTimeout(() => child.kill("SIGKILL"), END_MILLIS);
  await exited;
  clearTimeout(impatient);
}
