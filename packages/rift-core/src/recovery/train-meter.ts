import { MILLISECOND, type Micros } from "../micros.ts";

const MAX_SPACING_MICROS: Micros = 3 * MILLISECOND;
const LEAST_TOLERANCE_MICROS: Micros = 400;
const MOST_TOLERANCE_MICROS: Micros = 10 * MILLISECOND;
/** A stall that was seen fades by this with every fragment. */
const FADE = 0.998;

/** Learns how far apart the fragments of an update come in, so that one that stays away is noticed without a later one. */
export class TrainMeter {
  #spacingMicros: Micros = 500;
  #stallMicros: Micros = 0;

  /** Time from one fragment of an update to the next. */
  get spacingMicros(): Micros {
    return this.#spacingMicros;
  }

  /** How much later than that a fragment comes in that is not lost. */
  get toleranceMicros(): Micros {
    return Math.min(MOST_TOLERANCE_MICROS, LEAST_TOLERANCE_MICROS + this.#stallMicros);
  }

  /** Two fragments of one update that follow each other came in so far apart. */
  gap(micros: Micros): void {
    const gap = Math.min(micros, MAX_SPACING_MICROS);
    this.#stallMicros = Math.max(this.#stallMicros * FADE, micros - this.#spacingMicros);
    this.#spacingMicros += (gap - this.#spacingMicros) / 16;
  }

  /** A fragment came in so much later than tolerated, and was not lost. */
  stalled(micros: Micros): void {
    this.#stallMicros = Math.max(
      this.#stallMicros,
      this.toleranceMicros - LEAST_TOLERANCE_MICROS + micros,
    );
  }
}
