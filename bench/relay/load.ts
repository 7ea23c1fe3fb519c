/** The load program (c/load.c), on a core of its own. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { OwnedDirectory, OwnedProcess } from "../lib/processes.ts";
import { compile } from "./compile.ts";
import { DATAGRAM_BYTES, LOAD_CORE } from "./contenders.ts";

/** One burst of load. */
export interface Trial {
  /** Datagrams a second. */
  readonly rate: number;
  /** So many leave as one train. Default 1. */
  readonly train?: number;
  readonly seconds: number;
  /** Datagrams a second that no relay can know. Default 0. */
  readonly strangers?: number;
}

/** What came of it. */
export interface TrialResult {
  readonly sent: number;
  readonly received: number;
  /** That the load's own kernel had no room for. */
  readonly refused: number;
  /** From just before the send until the receiver's kernel has it, µs. */
  readonly p50Micros: number;
  readonly p95Micros: number;
  readonly p99Micros: number;
  readonly strangers: number;
  readonly seconds: number;
}

/** A running load program. */
export class Load implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #process: OwnedProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(stack: AsyncDisposableStack, process: OwnedProcess, lines: Interface) {
    this.#stack = stack;
    this.#process = process;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** `sources`: lines as load.c reads them. */
  static async start(
    sources: readonly string[],
    { hostPort, keptHead }: { hostPort: number; keptHead: number },
  ): Promise<Load> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(new OwnedDirectory());
    const file = join(folder.path, "sources");
    writeFileSync(file, sources.join(""));
    const words = [hostPort, keptHead, DATAGRAM_BYTES, file].map(String);
    const process = stack.use(
      await OwnedProcess.start({
        command: "taskset",
        args: ["-c", LOAD_CORE, compile("load", folder.path), ...words],
        readsStdout: true,
      }),
    );
    const lines = createInterface({ input: process.child.stdout! });
    const load = new Load(stack.move(), process, lines);
    await load.#next("ready");
    return load;
  }

  async run({ rate, train = 1, seconds, strangers = 0 }: Trial): Promise<TrialResult> {
    const words = ["run", Math.round(rate), train, seconds, Math.round(strangers)];
    this.#process.child.stdin!.write(`${words.join(" ")}\n`);
    const fields = (await this.#next("result")).map(Number);
    const [sent, received, refused, p50, p95, p99, strange, millis] = fields as [
      ...[number, number, number, number, number, number, number, number],
    ];
    return {
      ...{ sent, received, refused, strangers: strange, seconds: millis / 1e3 },
      ...{ p50Micros: p50 / 1e3, p95Micros: p95 / 1e3, p99Micros: p99 / 1e3 },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #next(word: string): Promise<string[]> {
    const { value, done } = await this.#lines.next();
    const [first, ...fields] = done === true ? [] : value.split(" ");
    if (first !== word) throw new Error(`the load program ended: ${this.#process.lastWords}`);
    return fields;
  }
}
