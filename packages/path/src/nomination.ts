import type { Micros } from "@wavry/rift-core";
import { PATH_TIMES } from "./constants.ts";

/** A client's saying which path is in use, until the host says that it knows. */
export class Nomination {
  #isConfirmed = true;
  #retryMicros: Micros = PATH_TIMES.retryMicros;
  #strayAt: Micros = Infinity;
  #strayMicros: Micros = PATH_TIMES.strayMicros;

  /** The host knows. */
  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** Another path is selected. */
  begin(rttMicros: Micros, now: Micros): void {
    this.repeat();
    this.#strayMicros = PATH_TIMES.strayMicros;
    this.#strayAt = now + rttMicros + this.#strayMicros;
  }

  /** The host may not know any more. */
  repeat(): void {
    this.#isConfirmed = false;
    this.#retryMicros = PATH_TIMES.retryMicros;
  }

  /** The host uses the path. */
  confirm(): void {
    this.#isConfirmed = true;
  }

  /** The wait until it is said again. */
  nextWait(rttMicros: Micros): Micros {
    const wait = Math.max(this.#retryMicros, rttMicros);
    this.#retryMicros = Math.min(PATH_TIMES.maxNominationMicros, this.#retryMicros * 2);
    return wait;
  }

  /** The peer was heard from another path. True: it has to be told again, and is not confirmed any more. */
  stray(now: Micros): boolean {
    if (!this.#isConfirmed || now < this.#strayAt) return false;
    this.#strayAt = now + this.#strayMicros;
    this.#strayMicros = Math.min(PATH_TIMES.maxStrayMicros, this.#strayMicros * 2);
    this.repeat();
    return true;
  }
}
