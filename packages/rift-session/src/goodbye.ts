import type { CloseReason, Micros } from "@wavry/rift-core";
import { ControlKind, writeClose } from "@wavry/rift-core/control";
import { BOUNDS, TIMES } from "./constants.ts";
import { Timer, type TimerTable } from "./timers.ts";

/** The end of a connection on the wire (spec/rift.md §8): a close that is repeated, or the acknowledgement of one. */
export class Goodbye {
  readonly #timers: TimerTable;
  #reason: CloseReason = 0 as CloseReason;
  #message = "";
  #sends = 0;
  #acknowledgementWanted = false;

  constructor(timers: TimerTable) {
    this.#timers = timers;
  }

  /** Begins to tell the peer. */
  begin(reason: CloseReason, message: string, now: Micros): void {
    this.#reason = reason;
    this.#message = message;
    this.#timers.set(Timer.close, now);
  }

  /** Writes the next close into `out`; gives its length, 0: none is due. */
  poll(out: Uint8Array, now: Micros): number {
    if (this.#sends >= BOUNDS.closeSends || !this.#timers.isDue(Timer.close, now)) return 0;
    this.#sends++;
    this.#timers.set(Timer.close, now + TIMES.closeRetryMicros);
    return writeClose(out, 0, this.#reason, this.#message);
  }

  /** True once the peer was told often enough and had its time to answer. */
  isOver(now: Micros): boolean {
    return this.#sends >= BOUNDS.closeSends && this.#timers.isDue(Timer.close, now);
  }

  /** The peer has closed: that will be acknowledged, once. */
  acknowledge(): void {
    this.#acknowledgementWanted = true;
  }

  get isAcknowledging(): boolean {
    return this.#acknowledgementWanted;
  }

  /** Writes the acknowledgement into `out`; gives its length, 0: none is wanted. */
  pollAcknowledgement(out: Uint8Array): number {
    if (!this.#acknowledgementWanted) return 0;
    this.#acknowledgementWanted = false;
    out[0] = ControlKind.closeAcknowledged;
    return 1;
  }

  /** Says nothing any more. */
  cancel(): void {
    this.#acknowledgementWanted = false;
    this.#sends = BOUNDS.closeSends;
  }
}
