import { ExitCode } from "./exit-code.ts";

/**
 * Turns Ctrl-C, SIGTERM and SIGHUP into an orderly end: the first one aborts `signal`, a second Ctrl-C
 * ends the program at once.
 */
export class StopSignals implements Disposable {
  readonly #abort = new AbortController();
  #exitCode: ExitCode | undefined;
  readonly #onInterrupt = (): void => this.#stop(ExitCode.interrupted);
  readonly #onTerminate = (): void => this.#stop(ExitCode.terminated);

  constructor() {
    process.on("SIGINT", this.#onInterrupt);
    process.on("SIGTERM", this.#onTerminate);
    process.on("SIGHUP", this.#onTerminate);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The exit code that a signal asked for, if one came. */
  get exitCode(): ExitCode | undefined {
    return this.#exitCode;
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#onInterrupt);
    process.off("SIGTERM", this.#onTerminate);
    process.off("SIGHUP", this.#onTerminate);
  }

  #stop(code: ExitCode): void {
    if (this.#exitCode !== undefined) process.exit(code);
    this.#exitCode = code;
    this.#abort.abort();
  }
}
