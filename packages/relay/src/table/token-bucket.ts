import { type Micros, SECOND } from "@wavry/rift-core";
import type { BucketSize } from "../routes/take-turns.ts";

/** Takes turns out of a supply that fills up again with time. Allocates nothing once it is there. */
export class TokenBucket {
  readonly #size: BucketSize;
  #tokens: number;
  #at: Micros;

  /** `size` is borrowed for good and never changed. */
  constructor(size: BucketSize, now: Micros) {
    this.#size = size;
    this.#tokens = size.burst;
    this.#at = now;
  }

  /** Takes so many; false, and nothing is taken, where there are fewer. */
  take(now: Micros, turns: number): boolean {
    if (now > this.#at) {
      const { burst, perSecond } = this.#size;
      this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) * perSecond) / SECOND);
      this.#at = now;
    }
    if (this.#tokens < turns) return false;
    this.#tokens -= turns;
    return true;
  }
}
