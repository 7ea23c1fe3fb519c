import type { Micros } from "@wavry/rift-core";
import { RELAY_TIMES } from "../constants.ts";

/** When something is sent again: sooner at first, then less and less often. */
export class Retry {
  #interval: Micros = RELAY_TIMES.retryFirst;
  #at: Micros;
  #count = 0;

  /** The first sending is at `now`. */
  constructor(now: Micros) {
    this.#at = now + this.#interval;
  }

  get at(): Micros {
    return this.#at;
  }

  /** How often it was sent again. */
  get count(): number {
    return this.#count;
  }

  /** Whether it is time; counts and sets the next time. */
  isDue(now: Micros): boolean {
    if (now < this.#at) return false;
    this.#count++;
    this.#interval = Math.min(RELAY_TIMES.retryMost, this.#interval * 1.5);
    this.#at = now + this.#interval;
    return true;
  }
}
