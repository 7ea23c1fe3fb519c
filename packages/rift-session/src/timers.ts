import type { Micros } from "@wavry/rift-core";

/** The timers of a connection. A name is a slot in the table. */
export const Timer = {
  ping: 0,
  report: 1,
  inputAcknowledged: 2,
  cursorRepeat: 3,
  tailProbe: 4,
  close: 5,
} as const;
export type Timer = (typeof Timer)[keyof typeof Timer];

/** Deadlines by timer; Infinity: not set. */
export class TimerTable {
  readonly #deadlines: Float64Array = new Float64Array(Object.keys(Timer).length).fill(Infinity);

  /** Sets a timer, whether or not it was set. */
  set(timer: Timer, at: Micros): void {
    this.#deadlines[timer] = at;
  }

  /** Sets a timer unless it is due earlier anyway. */
  setEarlier(timer: Timer, at: Micros): void {
    if (at < this.#deadlines[timer]!) this.#deadlines[timer] = at;
  }

  isSet(timer: Timer): boolean {
    return this.#deadlines[timer] !== Infinity;
  }

  clear(timer: Timer): void {
    this.#deadlines[timer] = Infinity;
  }

  clearAll(): void {
    this.#deadlines.fill(Infinity);
  }

  isDue(timer: Timer, now: Micros): boolean {
    return this.#deadlines[timer]! <= now;
  }

  /** The earliest deadline; Infinity: none is set. */
  next(): Micros {
    let next = Infinity;
    for (let timer = 0; timer < this.#deadlines.length; timer++)
      next = Math.min(next, this.#deadlines[timer]!);
    return next;
  }
}
