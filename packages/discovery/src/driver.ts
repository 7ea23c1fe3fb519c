/** What a machine without a clock needs from its driver. */
interface Machine {
  handleTimeout(nowMillis: number): void;
  pollTimeout(): number | undefined;
}

/** setTimeout takes no more. */
const MAX_WAIT_MS = 60_000;

/** Calls a machine when it wants to be called; `flush` sends what it has to say. */
export class Driver implements Disposable {
  readonly #machine: Machine;
  readonly #flush: () => void;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(machine: Machine, flush: () => void) {
    this.#machine = machine;
    this.#flush = flush;
  }

  /** After anything happened to the machine. */
  drain(): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#flush();
    const at = this.#machine.pollTimeout();
    if (at === undefined) return;
    const waitMs = Math.min(MAX_WAIT_MS, Math.max(0, Math.ceil(at - performance.now())));
    this.#timer = setTimeout(() => {
      this.#machine.handleTimeout(performance.now());
      this.drain();
    }, waitMs);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }
}
