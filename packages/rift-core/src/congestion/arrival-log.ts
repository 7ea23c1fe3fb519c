import type { Micros } from "../micros.ts";
import {
  ARRIVAL_UNIT_MICROS,
  type Arrivals,
  MAX_ARRIVAL_SPAN_MICROS,
  MAX_REPORTED_PACKETS,
} from "./arrival-report.ts";

const SLOTS = 1 << 11;
const MASK = SLOTS - 1;

/**
 * A receiver's memory of when packets came in, for arrival reports. Each report goes back to where the one before it
 * began, so that the loss of one report loses nothing.
 */
export class ArrivalLog {
  readonly #numbers: Float64Array = new Float64Array(SLOTS);
  readonly #arrivedAt: Float64Array = new Float64Array(SLOTS);
  #highest = 0;
  #marked = 0;
  #unreported = 0;
  /** Where what was new in the last report began, and the number after its end. */
  #lastFirst = 1;
  #next = 1;

  /** Packets that came in since the last report. */
  get unreported(): number {
    return this.#unreported;
  }

  /** Takes a packet that is new. `marked`: with ECN CE. */
  add(packetNumber: number, marked: boolean, now: Micros): void {
    const slot = packetNumber & MASK;
    if (packetNumber < this.#numbers[slot]!) return;
    this.#numbers[slot] = packetNumber;
    this.#arrivedAt[slot] = now;
    if (packetNumber > this.#highest) this.#highest = packetNumber;
    if (marked) this.#marked = (this.#marked + 1) >>> 0;
    this.#unreported++;
  }

  /** Fills in the next report; false: no packet came in yet. More than one is due while `hasMore`. */
  report(into: Arrivals): boolean {
    if (this.#highest === 0) return false;
    // What is too far back for one report goes into the next, unless even that is too much: then it is left out.
    let first = Math.max(this.#lastFirst, this.#next - MAX_REPORTED_PACKETS / 2);
    if (this.#highest - first >= SLOTS) first = this.#highest - SLOTS + 1;
    const end = Math.min(this.#highest + 1, first + MAX_REPORTED_PACKETS);
    let newest = 0;
    for (let number = first; number < end; number++)
      if (this.#has(number)) newest = Math.max(newest, this.#arrivedAt[number & MASK]!);
    let reference = newest;
    const oldest = newest - MAX_ARRIVAL_SPAN_MICROS;
    for (let number = first; number < end; number++)
      if (this.#has(number)) {
        const arrivedAt = this.#arrivedAt[number & MASK]!;
        if (arrivedAt >= oldest && arrivedAt < reference) reference = arrivedAt;
      }
    for (let number = first; number < end; number++) {
      const arrivedAt = this.#arrivedAt[number & MASK]!;
      const named = this.#has(number) && arrivedAt >= reference;
      into.entries[number - first] = named
        ? 1 + Math.min(65_534, Math.round((arrivedAt - reference) / ARRIVAL_UNIT_MICROS))
        : 0;
    }
    into.firstPacketNumber = first;
    into.referenceMicros = reference;
    into.markedPackets = this.#marked;
    into.count = end - first;
    this.#lastFirst = this.#next;
    this.#next = end;
    if (end > this.#highest) this.#unreported = 0;
    return true;
  }

  /** True while packets came in that no report has named. */
  get hasMore(): boolean {
    return this.#next <= this.#highest;
  }

  #has(number: number): boolean {
    return this.#numbers[number & MASK] === number;
  }
}
