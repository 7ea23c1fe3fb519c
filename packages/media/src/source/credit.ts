import type { Micros } from "@wavry/rift-core";

const SECOND = 1_000_000;

/**
 * A token bucket: `ratePerSecond` tokens flow in, up to `capacity`. Spending may go below zero; what is then owed
 * delays what comes after. It never delays what comes at less than its rate.
 */
export class Credit {
  readonly #capacity: number;
  #ratePerSecond: number;
  #tokens: number;
  #countedAt: Micros;

  constructor(options: { ratePerSecond: number; capacity: number; now: Micros }) {
    this.#ratePerSecond = options.ratePerSecond;
    this.#capacity = options.capacity;
    this.#tokens = options.capacity;
    this.#countedAt = options.now;
  }

  /** Tokens at `now`. */
  at(now: Micros): number {
    const gained = ((now - this.#countedAt) * this.#ratePerSecond) / SECOND;
    this.#tokens = Math.min(this.#capacity, this.#tokens + Math.max(0, gained));
    this.#countedAt = Math.max(this.#countedAt, now);
    return this.#tokens;
  }

  spend(tokens: number, now: Micros): void {
    this.at(now);
    this.#tokens -= tokens;
  }

  /** When there will be `tokens` (not more than the capacity), or `now` if there are. */
  readyAt(tokens: number, now: Micros): Micros {
    const missing = Math.min(tokens, this.#capacity) - this.at(now);
    return missing <= 0 ? now : now + Math.ceil((missing * SECOND) / this.#ratePerSecond);
  }

  setRate(ratePerSecond: number, now: Micros): void {
    this.at(now);
    this.#ratePerSecond = ratePerSecond;
  }
}
