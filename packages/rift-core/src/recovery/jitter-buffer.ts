import { MILLISECOND, type Micros } from "../micros.ts";

/** The most that a frame is held back. */
export const MAX_HOLD_MICROS: Micros = 10 * MILLISECOND;
/** Jitter up to this is shown as it is: holding frames back would cost more than it smooths. */
const STEADY_MICROS: Micros = 2 * MILLISECOND;
/** The fastest passage is looked for in the last one to two of these. */
const BASE_WINDOW_MICROS: Micros = 2_000 * MILLISECOND;
/** The wanted hold halves in this time without a late frame. */
const HALF_LIFE_MICROS: Micros = 3_000 * MILLISECOND;
const SKIP_ONE_MICROS: Micros = 30 * MILLISECOND;
const SKIP_TWO_MICROS: Micros = 50 * MILLISECOND;
/** The usual round trip follows a new one by this share a sample. */
const RTT_SHARE = 1 / 8;

/**
 * Says how long to hold a complete frame before it is shown, so that frames come evenly where the path is not even: nothing
 * on a steady path, up to 10 ms, quickly more and slowly less. After a jump of the round trip it skips a frame or two, so
 * that the picture catches up.
 */
export class JitterBuffer {
  #holdMicros: Micros = 0;
  #heldAt: Micros = 0;
  /** The fastest passages of this window and the last. */
  #fastest: Micros = Infinity;
  #lastFastest: Micros = Infinity;
  #windowEnd: Micros = -Infinity;
  #usualRttMicros: Micros = 0;
  #skips = 0;

  /** How much later than the fastest a frame may be without being late, 0..10 ms. */
  get holdMicros(): Micros {
    return this.#holdMicros < STEADY_MICROS ? 0 : this.#holdMicros;
  }

  /**
   * A frame is complete at `completedAt`; it was captured at `capturedAt` on any clock of steady pace. Returns for how long
   * to hold it, 0..10 ms.
   */
  frameCompleted(capturedAt: Micros, completedAt: Micros): Micros {
    const passage = completedAt - capturedAt;
    if (completedAt >= this.#windowEnd) {
      this.#lastFastest = this.#fastest;
      this.#fastest = passage;
      this.#windowEnd = completedAt + BASE_WINDOW_MICROS;
    } else this.#fastest = Math.min(this.#fastest, passage);
    const lateMicros = passage - Math.min(this.#fastest, this.#lastFastest);
    const fade = 2 ** (-Math.max(0, completedAt - this.#heldAt) / HALF_LIFE_MICROS);
    // One frame that is later than can be bridged says nothing of the next.
    const wanted = lateMicros > 3 * MAX_HOLD_MICROS ? 0 : Math.min(lateMicros, MAX_HOLD_MICROS);
    this.#holdMicros = Math.max(this.#holdMicros * fade, wanted);
    this.#heldAt = completedAt;
    return Math.round(Math.max(0, this.holdMicros - lateMicros));
  }

  /** A round trip was measured. */
  roundTrip(rttMicros: Micros): void {
    if (this.#usualRttMicros === 0) this.#usualRttMicros = rttMicros;
    const jump = rttMicros - this.#usualRttMicros;
    if (jump >= SKIP_ONE_MICROS) {
      this.#skips = jump >= SKIP_TWO_MICROS ? 2 : 1;
      // A new path's passages are no jitter, and one jump is one reason.
      this.#fastest = Infinity;
      this.#lastFastest = Infinity;
      this.#windowEnd = -Infinity;
      this.#usualRttMicros = rttMicros;
    } else this.#usualRttMicros += jump * RTT_SHARE;
  }

  /** True where the next frame is to be decoded, but not shown; counts it. */
  takeSkip(): boolean {
    if (this.#skips === 0) return false;
    this.#skips--;
    return true;
  }
}
