import type { Micros } from "../micros.ts";

/** Timers are late; a train may be this much ahead so that lateness does not lower the rate. */
const SLACK_MICROS: Micros = 2_000;
/** From here on packets leave as they come: no link that matters is slower. */
const UNPACED_BPS = 400_000_000;

/** Spreads packets in time: small trains at a rate. */
export class Pacer {
  #rateBps = UNPACED_BPS;
  #nextAt: Micros = 0;
  #trainBytes = 0;
  /** Something is waiting for its time: what a late timer costs is made up for. After idleness there is nothing to make up. */
  #waits = false;

  /** The rate within a frame, in bits a second. */
  setRate(rateBps: number): void {
    this.#rateBps = rateBps;
    // A train is what the rate carries in half a millisecond, and at least two packets.
    this.#trainBytes = Math.max(2_400, rateBps / 8 / 2_000);
  }

  /** When the next packet may leave; `now` or earlier: at once. */
  nextAt(now: Micros): Micros {
    if (this.#rateBps >= UNPACED_BPS) return now;
    const aheadMicros = (this.#trainBytes * 8e6) / this.#rateBps;
    if (this.#nextAt - aheadMicros <= now) return now;
    this.#waits = true;
    return Math.ceil(this.#nextAt - aheadMicros / 2);
  }

  /** A packet left. */
  packetSent(bytes: number, now: Micros): void {
    const from = Math.max(this.#nextAt, this.#waits ? now - SLACK_MICROS : now);
    if (this.#nextAt > now) this.#waits = false;
    this.#nextAt = from + (bytes * 8e6) / this.#rateBps;
  }
}
