import { ExitCode } from "./exit-code.ts";

/** A signal this soon after the first is the same wish: a terminal and a program that forwards may both tell it. */
const SAME_WISH_MILLIS = 500;

/**
 * Turns Ctrl-C, SIGTERM and SIGHUP into an orderly end: the first one aborts `signal`, a later one
 * ends the program at once.
 */
export class StopSignals implements Disposable {
  readonly #abort = new AbortController();
  #exitCode: ExitCode | undefined;
  #stoppedAt = 0;
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
    const now = performance.now();
    if (this.#exitCode !== undefined) {
      if (now - this.#stoppedAt > SAME_WISH_MILLIS) process.exit(code);
      return;
    }
    this.#exitCode = code;
    this.#stoppedAt = now;
    this.#abort.abort();
  }
}
