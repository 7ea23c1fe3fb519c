import { type Micros, SECOND } from "@wavry/rift-core";

/** What a token bucket holds. */
export interface BucketSize {
  /** Tokens at first, and at most. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Takes turns out of a supply that fills up again with time. */
export class TokenBucket {
  #tokens: number;
  #at: Micros;

  constructor(size: BucketSize, now: Micros) {
    this.#tokens = size.burst;
    this.#at = now;
  }

  /** Takes so many tokens; false, and nothing is taken, where there are fewer. */
  take(size: BucketSize, now: Micros, tokens = 1): boolean {
    if (!this.has(size, now, tokens)) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Whether there are so many. */
  has({ burst, perSecond }: BucketSize, now: Micros, tokens = 1): boolean {
    const fresh = ((now - this.#at) / SECOND) * perSecond;
    this.#tokens = Math.min(burst, this.#tokens + fresh);
    this.#at = now;
    return this.#tokens >= tokens;
  }
}
