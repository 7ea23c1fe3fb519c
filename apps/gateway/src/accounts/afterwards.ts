import type { Logger } from "pino";

/** More than this at once is dropped: a flood of requests must not become a heap of letters. */
const MAX_TASKS = 1_000;

/**
 * Work that a request leaves behind: letters, and what must take no part in the time of an answer. Holds the process's
 * end up until all is done.
 */
export class Afterwards implements AsyncDisposable {
  readonly #log: Logger;
  readonly #running = new Set<Promise<void>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Starts in a later turn; what fails is logged under `name`. */
  run(name: string, task: () => Promise<unknown>): void {
    if (this.#running.size >= MAX_TASKS) {
      this.#log.warn({ task: name }, "dropped: too much is to be done after requests");
      return;
    }
    const running = this.#run(name, task).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves once nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.idle();
  }

  async #run(name: string, task: () => Promise<unknown>): Promise<void> {
    await new Promise(setImmediate);
    try {
      await task();
    } catch (error) {
      this.#log.error({ err: error, task: name }, "failed after a request");
    }
  }
}
