/**
 * Child processes and folders that end with this program, however it ends: by return, exception, exit, signal
 * or SIGKILL (each child asks the kernel for SIGTERM at its parent's death, through setpriv(1) of util-linux).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

const SETPRIV = "/usr/bin/setpriv";
const GRACE_MILLIS = 1500;
const KEPT_OUTPUT_CHARS = 4000;
const DIRECTORY_PREFIX = "wavry-bench-";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const children = new Set<OwnedProcess>();
const directories = new Set<string>();
let watching = false;

function watchExit(): void {
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const child of children) child.kill("SIGKILL");
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });
  for (const signal of SIGNALS)
    process.once(signal, () => {
      const code = 128 + constants.signals[signal];
      void Promise.all([...children].map((child) => child[Symbol.asyncDispose]())).finally(() =>
        process.exit(code),
      );
    });
}

/** How to start a child. */
export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this program's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** File descriptors beyond the three: number of extra pipes (fd 3 up). Default 0. */
  readonly extraPipes?: number;
  /** Leaves stdout to the caller to read; otherwise its end is kept for `lastWords`. */
  readonly readsStdout?: boolean;
}

/** A running child, owned: dispose sends SIGTERM, then SIGKILL after a while, and waits for its end. */
export class OwnedProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly commandLine: string;
  /** Resolves at the end with the exit code or the signal's name; never rejects. */
  readonly exited: Promise<number | string>;
  #output = "";
  #running = true;

  private constructor(child: ChildProcess, pid: number, commandLine: string, keepStdout: boolean) {
    this.child = child;
    this.pid = pid;
    this.commandLine = commandLine;
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#running = false;
        children.delete(this);
        resolve(code ?? signal ?? "unknown");
      });
    });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-KEPT_OUTPUT_CHARS);
    };
    child.stderr?.on("data", keep);
    if (keepStdout) child.stdout?.on("data", keep);
  }

  /** Starts a child; rejects if the program does not exist. */
  static async start(options: SpawnOptions): Promise<OwnedProcess> {
    watchExit();
    const leashed = existsSync(SETPRIV);
    const argv = [options.command, ...options.args];
    const [command, ...args] = leashed ? [SETPRIV, "--pdeathsig", "TERM", "--", ...argv] : argv;
    const child = spawn(command!, args, {
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe", ...Array(options.extraPipes ?? 0).fill("pipe")],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.stdin?.on("error", () => {});
    const owned = new OwnedProcess(child, child.pid!, argv.join(" "), options.readsStdout !== true);
    children.add(owned);
    return owned;
  }

  get running(): boolean {
    return this.#running;
  }

  /** The end of what it printed (stderr, and stdout unless the caller reads that). */
  get lastWords(): string {
    return this.#output.trim();
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#running) this.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), GRACE_MILLIS);
    await this.exited;
    clearTimeout(timer);
    for (const stream of this.child.stdio) stream?.destroy();
  }
}

/** Resolves with a sentence when the first of some children, by what they are, ends by itself; never rejects. */
export async function whenOneEnds(
  children: Readonly<Record<string, OwnedProcess>>,
): Promise<string> {
  const sentences = Object.entries(children).map(async ([side, child]) => {
    return `its ${side} ended with ${await child.exited}: ${child.lastWords}`;
  });
  return await Promise.race(sentences);
}

/** Removes the folders of programs that were killed before they could. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(DIRECTORY_PREFIX)) continue;
    const [owner] = name.slice(DIRECTORY_PREFIX.length).split("-");
    if (!existsSync(`/proc/${owner}`)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** A folder in memory where there is one (/dev/shm), removed at dispose and at any exit. */
export class OwnedDirectory implements Disposable {
  readonly path: string;

  constructor() {
    watchExit();
    const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    sweep(parent);
    this.path = mkdtempSync(join(parent, `${DIRECTORY_PREFIX}${process.pid}-`));
    directories.add(this.path);
  }

  [Symbol.dispose](): void {
    directories.delete(this.path);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Whether a program of that name is on the path. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, name)));
}
