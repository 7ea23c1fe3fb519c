import {
  CURSOR_POSITION_BYTES,
  type CursorPosition,
  type Micros,
  writeCursorPosition,
} from "@wavry/rift-core";
import { BOUNDS, TIMES } from "./constants.ts";
import { Timer, type TimerTable } from "./timers.ts";

/** Sends the newest cursor position, and again a little later as it may have been lost. */
export class CursorSender {
  readonly #timers: TimerTable;
  #position: CursorPosition | undefined;
  #sequence = 0;
  #wanted = false;
  #repeats = 0;

  constructor(timers: TimerTable) {
    this.#timers = timers;
  }

  /** Sets the position; the latest wins. */
  set(position: CursorPosition): void {
    this.#position = position;
    this.#sequence++;
    this.#wanted = true;
    this.#repeats = BOUNDS.cursorRepeats;
  }

  /** Writes the next message into `out`; returns its length, 0: none is due. */
  poll(out: Uint8Array, now: Micros): number {
    if (!this.#wanted && !this.#timers.isDue(Timer.cursorRepeat, now)) return 0;
    this.#wanted = false;
    if (this.#repeats > 0) this.#timers.set(Timer.cursorRepeat, now + TIMES.cursorRepeatMicros);
    else this.#timers.clear(Timer.cursorRepeat);
    this.#repeats--;
    if (this.#position === undefined) return 0;
    writeCursorPosition(out, 0, this.#sequence, this.#position);
    return CURSOR_POSITION_BYTES;
  }
}
