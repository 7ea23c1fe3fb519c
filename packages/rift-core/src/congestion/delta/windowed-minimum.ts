import type { Micros } from "../../micros.ts";

const BUCKETS = 10;

/** The smallest value of a span of time, kept in ten buckets. */
export class WindowedMinimum {
  readonly #bucketMicros: Micros;
  readonly #minima: Float64Array = new Float64Array(BUCKETS).fill(Infinity);
  #bucket = 0;
  #bucketEnds: Micros | undefined;
  #value = Infinity;

  constructor(spanMicros: Micros) {
    this.#bucketMicros = spanMicros / BUCKETS;
  }

  /** Infinity before the first sample. */
  get value(): number {
    return this.#value;
  }

  /** Takes a sample. */
  add(sample: number, now: Micros): void {
    this.#bucketEnds ??= now + this.#bucketMicros;
    let moved = 0;
    while (now >= this.#bucketEnds && moved < BUCKETS) {
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#minima[this.#bucket] = Infinity;
      this.#bucketEnds += this.#bucketMicros;
      moved++;
    }
    if (now >= this.#bucketEnds) this.#bucketEnds = now + this.#bucketMicros;
    if (sample < this.#minima[this.#bucket]!) this.#minima[this.#bucket] = sample;
    if (moved > 0) this.#value = Math.min(...this.#minima);
    else if (sample < this.#value) this.#value = sample;
  }
}
