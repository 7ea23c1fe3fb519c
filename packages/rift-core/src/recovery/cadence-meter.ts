import { MILLISECOND, type Micros } from "../micros.ts";

const MAX_INTERVAL_MICROS: Micros = 40 * MILLISECOND;
const MAX_DEVIATION_MICROS: Micros = 2 * MILLISECOND;
const LEAST_TOLERANCE_MICROS: Micros = 1.5 * MILLISECOND;
/** Intervals that are alike before the next one is foretold. */
const LEAST_INTERVALS = 8;

/** Learns how regularly updates begin, so that one of which nothing arrives is noticed before the next. */
export class CadenceMeter {
  #intervalMicros: Micros = 0;
  #deviationMicros: Micros = 0;
  #alike = 0;
  #lastFrame = 0;
  #lastAt: Micros = 0;

  /** An update's first fragment came in, or would have. */
  began(frameId: number, at: Micros): void {
    const frames = frameId - this.#lastFrame;
    const interval = (at - this.#lastAt) / frames;
    this.#lastFrame = frameId;
    this.#lastAt = at;
    if (interval > MAX_INTERVAL_MICROS) {
      this.#alike = 0;
      return;
    }
    if (this.#alike === 0) {
      this.#intervalMicros = interval;
      this.#deviationMicros = 0;
    }
    const error = interval - this.#intervalMicros;
    this.#intervalMicros += error / 8;
    this.#deviationMicros += (Math.abs(error) - this.#deviationMicros) / 8;
    this.#alike = this.#deviationMicros <= MAX_DEVIATION_MICROS ? this.#alike + 1 : 1;
  }

  /** When the next update would begin; Infinity: nobody can tell. */
  get nextAt(): Micros {
    return this.#alike < LEAST_INTERVALS ? Infinity : this.#lastAt + this.#intervalMicros;
  }

  /** How much later than that it begins where it is not lost. */
  get toleranceMicros(): Micros {
    return LEAST_TOLERANCE_MICROS + 4 * this.#deviationMicros;
  }
}
