/** The parent's side of a helper process (control.ts). */
import { fileURLToPath } from "node:url";
import { OwnedProcess } from "../lib/processes.ts";

/** How long a helper may take to end in order. */
const END_MILLIS = 20_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A running helper; dispose ends it, by force if `finish` was not called. */
export class Helper implements AsyncDisposable {
  readonly #process: OwnedProcess;
  readonly #script: string;
  readonly #waiting: Waiting[] = [];

  /** Starts a script beside this file, with flags of Node before it. */
  static async start(script: string, nodeFlags: readonly string[] = []): Promise<Helper> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    return new Helper(
      script,
      await OwnedProcess.start({
        command: process.execPath,
        args: [...nodeFlags, path],
        readsStdout: true,
      }),
    );
  }

  private constructor(script: string, process: OwnedProcess) {
    this.#script = script;
    this.#process = process;
    let rest = "";
    process.child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(line);
    });
    void process.exited.then((code) => {
      const error = new Error(`${script} ended with ${code}: ${process.lastWords}`);
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Asks, and gives the answer; rejects with what the helper threw, or with its last words if it ended. */
  ask<T>(name: string, argument: unknown = null): Promise<T> {
    if (!this.#process.running)
      return Promise.reject(new Error(`${this.#script} is gone: ${this.#process.lastWords}`));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject });
      this.#process.child.stdin!.write(`${JSON.stringify({ name, argument })}\n`);
    });
  }

  /** Lets it end in order. Throws if it does not, or not well. */
  async finish(): Promise<void> {
    this.#process.child.stdin!.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), END_MILLIS);
    const code = await this.#process.exited;
    clearTimeout(timer);
    if (code !== 0)
      throw new Error(`${this.#script} ended with ${code}: ${this.#process.lastWords}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  #take(line: string): void {
    const answer = JSON.parse(line) as { value: unknown } | { error: string };
    const waiting = this.#waiting.shift();
    if ("error" in answer) waiting?.reject(new Error(`${this.#script}: ${answer.error}`));
    else waiting?.resolve(answer.value);
  }
}
