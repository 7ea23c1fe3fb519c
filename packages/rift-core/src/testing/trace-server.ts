import type { Micros } from "../micros.ts";
import type { LinkServer, Outage, TraceRate } from "./link-rate.ts";

/** What one opportunity of a mahimahi trace carries. */
export const OPPORTUNITY_BYTES = 1500;

const PICTURE_MICROS: Micros = 200_000;

/**
 * Sends as mahimahi's link queue does: an opportunity carries 1500 bytes of what waits at its moment, whole packets or
 * parts of them, and is lost where nothing waits.
 */
export class TraceServer implements LinkServer {
  readonly nominalBps: number;
  readonly #opportunities: Float64Array;
  readonly #periodMicros: Micros;
  readonly #outages: readonly Outage[];
  readonly #startAt: Micros;
  /** The opportunity that is next, counted over all periods, and what it can still carry. */
  #next = 0;
  #bytesLeft = OPPORTUNITY_BYTES;

  /** Throws RangeError for a trace without an opportunity or a period. */
  constructor(rate: TraceRate, outages: readonly Outage[], startAt: Micros) {
    if (rate.opportunities.length === 0 || !(rate.periodMicros > 0))
      throw new RangeError("a trace needs an opportunity and a period");
    this.#opportunities = rate.opportunities;
    this.#periodMicros = rate.periodMicros;
    this.#outages = outages;
    this.#startAt = startAt;
    this.nominalBps = (rate.opportunities.length * OPPORTUNITY_BYTES * 8e6) / rate.periodMicros;
  }

  beginAt(from: Micros): Micros {
    if (this.#timeOf(this.#next) < from) this.#goTo(this.#countBefore(from));
    this.#skipOutages();
    return this.#timeOf(this.#next);
  }

  send(begunAt: Micros, bytes: number): Micros {
    let at = this.beginAt(begunAt);
    let left = bytes;
    for (;;) {
      if (left < this.#bytesLeft) {
        this.#bytesLeft -= left;
        return at;
      }
      left -= this.#bytesLeft;
      this.#goTo(this.#next + 1);
      if (left === 0) return at;
      this.#skipOutages();
      at = this.#timeOf(this.#next);
    }
  }

  capacityBytes(from: Micros, until: Micros): number {
    if (!(until > from)) return 0;
    let count = this.#countBefore(until) - this.#countBefore(from);
    // Outages do not overlap one another.
    for (const outage of this.#outages) {
      const begin = Math.max(from, this.#startAt + outage.from);
      const end = Math.min(until, this.#startAt + outage.until);
      if (end > begin) count -= this.#countBefore(end) - this.#countBefore(begin);
    }
    return count * OPPORTUNITY_BYTES;
  }

  rateAt(now: Micros): number {
    const half = PICTURE_MICROS / 2;
    return (this.capacityBytes(now - half, now + half) * 8e6) / PICTURE_MICROS;
  }

  #goTo(index: number): void {
    this.#next = index;
    this.#bytesLeft = OPPORTUNITY_BYTES;
  }

  #skipOutages(): void {
    for (const { from, until } of this.#outages) {
      const at = this.#timeOf(this.#next) - this.#startAt;
      if (at >= from && at < until) this.#goTo(this.#countBefore(this.#startAt + until));
    }
  }

  #timeOf(index: number): Micros {
    const count = this.#opportunities.length;
    const period = Math.floor(index / count);
    return (
      this.#startAt + period * this.#periodMicros + this.#opportunities[index - period * count]!
    );
  }

  /** How many opportunities there are before a moment. */
  #countBefore(at: Micros): number {
    const time = at - this.#startAt;
    if (time <= 0) return 0;
    const period = Math.floor(time / this.#periodMicros);
    const rest = time - period * this.#periodMicros;
    const here = period * this.#opportunities.length + this.#countInPeriod(rest);
    if (period === 0) return here;
    // The last opportunity of a period falls on the beginning of the next one.
    return here - this.#opportunities.length + this.#countInPeriod(this.#periodMicros + rest);
  }

  #countInPeriod(time: Micros): number {
    let low = 0;
    let high = this.#opportunities.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#opportunities[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
