/** How soon to come back, in milliseconds. */
export interface BackOffOptions {
  readonly firstMillis?: number;
  readonly maxMillis?: number;
}

const FIRST_MS = 250;
const MAX_MS = 10_000;

/** Waits longer after each failure, and never as long as others do: half of each wait is chance. */
export class BackOff {
  readonly #first: number;
  readonly #max: number;
  readonly #random: () => number;
  #failures = 0;

  /** `random` gives 0 to 1. */
  constructor({ firstMillis, maxMillis }: BackOffOptions = {}, random: () => number = Math.random) {
    this.#first = firstMillis ?? FIRST_MS;
    this.#max = maxMillis ?? MAX_MS;
    this.#random = random;
  }

  /** The next wait. */
  next(): number {
    const whole = Math.min(this.#max, this.#first * 2 ** this.#failures);
    if (whole < this.#max) this.#failures++;
    return whole * (0.5 + this.#random() / 2);
  }

  /** It worked. */
  reset(): void {
    this.#failures = 0;
  }
}
