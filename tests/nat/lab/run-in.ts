import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { NetNamespace } from "./namespace.ts";
import { labEnvironment } from "./shell.ts";

/** How long a program may take to heed SIGTERM. */
const GRACE_MS = 3000;
const KEPT_COMPLAINT_CHARS = 8000;

/** How to run a program in a namespace. */
export interface RunOptions {
  /** Added to this program's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A program in a namespace. Dispose ends it: SIGTERM, then SIGKILL. It dies with this process too. */
export class RunningProgram implements AsyncDisposable {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** The exit code or the signal's name; never rejects. */
  readonly exited: Promise<number | string>;
  #complaints = "";

  /** Use `runIn`. */
  constructor(
    enter: readonly string[],
    program: string,
    args: readonly string[],
    { env, cwd }: RunOptions,
  ) {
    // setpriv comes last, as entering a user namespace takes the wish for a signal at the parent's death away. Each of
    // these replaces itself by the next, so that the child's pid is the program's.
    const words = [...enter, "setpriv", "--pdeathsig", "KILL", "--", program, ...args];
    this.child = spawn(words[0]!, words.slice(1), {
      env: { ...labEnvironment(), ...env },
      ...(cwd !== undefined && { cwd }),
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.child.stdin.on("error", () => {});
    this.child.stderr.setEncoding("utf8").on("data", (text) => {
      this.#complaints = (this.#complaints + text).slice(-KEPT_COMPLAINT_CHARS);
    });
    this.exited = new Promise((resolve) => {
      this.child.once("error", (error) => resolve(error.message));
      this.child.once("exit", (code, signal) => resolve(code ?? signal ?? "unknown"));
    });
  }

  /** The end of what it wrote to stderr. */
  get complaints(): string {
    return this.#complaints;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    const hardEnd = setTimeout(() => this.child.kill("SIGKILL"), GRACE_MS);
    await this.exited;
    clearTimeout(hardEnd);
  }
}

/**
 * Starts a whole program in a namespace, which ends it on its own disposal if nobody did before. Whoever starts it reads
 * its stdout: it waits once a pipe is full.
 */
export function runIn(
  namespace: NetNamespace,
  program: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): RunningProgram {
  return namespace.start(program, args, options);
}
