import { createInterface } from "node:readline";
import { type NetNamespace, type RunningProgram, runIn } from "../lab/index.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How a program is started. */
export interface RemoteOptions {
  readonly namespace: NetNamespace;
  readonly program: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A file that stands for /etc/hosts. */
  readonly hosts: string;
}

/** Starts a Node program in a namespace where names are what the file `hosts` says. */
export function runNode({
  namespace,
  program,
  args = [],
  env,
  hosts,
}: RemoteOptions): RunningProgram {
  // Each replaces itself by the next, so that the child's pid is the program's; the mount is seen by this program alone.
  const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
  const words = ["--mount", "--", "sh", "-c", script, hosts, process.execPath, program, ...args];
  return runIn(namespace, "unshare", words, { env: { NO_COLOR: "1", WAVRY_MDNS: "off", ...env } });
}

/** A program that answers questions, one JSON object a line (remote-side.ts). Dispose ends it. */
export class Remote implements AsyncDisposable {
  readonly running: RunningProgram;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(options: RemoteOptions) {
    this.running = runNode(options);
    createInterface({ input: this.running.child.stdout }).on("line", (line) => this.#take(line));
    void this.running.exited.then((end) => {
      const error = new Error(`${options.program} ended with ${end}: ${this.running.complaints}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** Rejects with what the program threw, or with its last words where it ends. */
  ask<T>(name: string, argument: unknown = null): Promise<T> {
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.running.child.stdin.write(`${JSON.stringify({ id, name, argument })}\n`);
    // It may have ended before it was asked.
    const gone = this.running.exited.then((end): never => {
      throw new Error(`the program ended with ${end}: ${this.running.complaints}`);
    });
    gone.catch(() => {});
    return Promise.race([promise, gone]) as Promise<T>;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.running[Symbol.asyncDispose]();
  }

  #take(line: string): void {
    const answer = JSON.parse(line) as { id: number; value?: unknown; error?: string };
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.error === undefined) waiting?.resolve(answer.value);
    else waiting?.reject(new Error(answer.error));
  }
}
