import { type Micros, SECOND } from "@wavry/rift-core";
import { PATH_BOUNDS } from "./constants.ts";

/** A supply of verifications for datagrams from unknown addresses. */
export class StrangerSupply {
  #left: number = PATH_BOUNDS.strangers;
  #at: Micros;

  constructor(now: Micros) {
    this.#at = now;
  }

  /** Takes one; false: it is used up. */
  take(now: Micros): boolean {
    const refilled = ((now - this.#at) * PATH_BOUNDS.strangers) / SECOND;
    this.#left = Math.min(PATH_BOUNDS.strangers, this.#left + refilled);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
