import type { Micros } from "@wavry/rift-core";

/** While the pointer moves it is asked for as often as a quick screen shows it. */
const MOVING_MICROS = 8_000;
/** A resting pointer is looked after now and then: a program may have moved it. */
const RESTING_MICROS = 100_000;
/** How long a pointer counts as moving after it moved. */
const AFTERGLOW_MICROS = 500_000;

/** When to ask the display for the pointer: often while it moves, seldom while it rests. */
export class CursorPace {
  #askedAt: Micros = Number.NEGATIVE_INFINITY;
  #movedAt: Micros = Number.NEGATIVE_INFINITY;

  /** When to ask next, if nothing else wakes the thread. */
  dueAt(): Micros {
    const moving = this.#askedAt - this.#movedAt < AFTERGLOW_MICROS;
    return this.#askedAt + (moving ? MOVING_MICROS : RESTING_MICROS);
  }

  /** Whether to ask at `now`; a thread that is awake anyway may ask before `dueAt`. */
  mayAsk(now: Micros): boolean {
    return now >= this.#askedAt + MOVING_MICROS;
  }

  /** Notes that it was asked, and whether something was new. */
  asked(now: Micros, news: boolean): void {
    this.#askedAt = now;
    if (news) this.#movedAt = now;
  }
}
