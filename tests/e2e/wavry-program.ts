/** The `wavry` program as a process of its own, for end-to-end tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { until } from "./pair.ts";

const MAIN = resolve(import.meta.dirname, "../../apps/cli/bin/wavry.js");

/** A folder for keys and paired devices. */
export interface Home extends Disposable {
  readonly path: string;
}

export function makeHome(files: Readonly<Record<string, string>> = {}): Home {
  const path = mkdtempSync(join(tmpdir(), "wavry-home-"));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(path, name), text, { mode: 0o600 });
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** One line of `--json`. */
export type Report = Readonly<Record<string, unknown>>;

/** A running program; dispose ends it. */
export interface WavryProgram extends AsyncDisposable {
  /** The lines of `--json` so far. */
  readonly values: readonly Report[];
  /** What it wrote to stderr. */
  readonly complaints: string;
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** The first report of an event, past or to come. */
  event(name: string): Promise<Report>;
  readonly pid: number;
  /** The processes that it and its children started and that run now. */
  children(): number[];
  kill(signal: NodeJS.Signals): void;
}

export function startWavry(
  arguments_: readonly string[],
  options: { readonly home: Home; readonly display?: string },
): WavryProgram {
  const { DISPLAY: _, XAUTHORITY: __, ...environment } = process.env;
  const child = spawn(process.execPath, [MAIN, ...arguments_], {
    env: {
      ...environment,
      WAVRY_HOME: options.home.path,
      ...(options.display !== undefined && { DISPLAY: options.display }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const values: Report[] = [];
  let complaints = "";
  child.stderr.on("data", (data) => {
    complaints += data;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (/^[[{]/.test(line)) values.push(JSON.parse(line));
  });
  const closed = once(child, "close");
  const exited = closed.then(([code, signal]) => code ?? signal);
  return {
    values,
    get complaints() {
      return complaints;
    },
    exited,
    pid: child.pid ?? 0,
    async event(name) {
      const find = (): Report | undefined => values.find((value) => value.event === name);
      await until(`wavry ${arguments_[0]} reports ${name}; it said: ${complaints}`, () => {
        if (find() === undefined && hasEnded(child))
          throw new Error(`wavry ${arguments_[0]} ended before ${name}: ${complaints}`);
        return find() !== undefined;
      });
      return find() ?? {};
    },
    children: () => descendants(child.pid ?? 0),
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (!hasEnded(child)) child.kill("SIGTERM");
      const impatient = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await closed;
      clearTimeout(impatient);
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function descendants(parent: number): number[] {
  const found: number[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const parentOfEntry = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      if (parentOfEntry === parent) found.push(Number(entry), ...descendants(Number(entry)));
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}
