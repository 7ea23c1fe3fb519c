import type { Micros } from "../micros.ts";

const LEAST_BACKLOG_BYTES = 1500;

/** CoDel's law (RFC 8289 §5): which packets go when the wait in a queue stays above its target. */
export class Codel {
  readonly #targetMicros: Micros;
  readonly #intervalMicros: Micros;
  #dropping = false;
  /** When the wait will have been above the target for one interval; 0: it is not above it. */
  #dueAt: Micros = 0;
  #nextDropAt: Micros = 0;
  #count = 0;
  #lastCount = 0;

  constructor(options: { readonly targetMicros: Micros; readonly intervalMicros: Micros }) {
    this.#targetMicros = options.targetMicros;
    this.#intervalMicros = options.intervalMicros;
  }

  /** A packet leaves the queue after `waitedMicros`: true where it is to be dropped or marked. */
  takes(waitedMicros: Micros, backlogBytes: number, now: Micros): boolean {
    const due = this.#isDue(waitedMicros, backlogBytes, now);
    if (this.#dropping) {
      this.#dropping = due;
      if (!due || now < this.#nextDropAt) return false;
      this.#count++;
      this.#nextDropAt = this.#after(this.#nextDropAt);
      return true;
    }
    if (!due) return false;
    this.#dropping = true;
    const since = this.#count - this.#lastCount;
    const recent = now - this.#nextDropAt < 16 * this.#intervalMicros;
    this.#count = since > 1 && recent ? since : 1;
    this.#lastCount = this.#count;
    this.#nextDropAt = this.#after(now);
    return true;
  }

  #isDue(waitedMicros: Micros, backlogBytes: number, now: Micros): boolean {
    if (waitedMicros < this.#targetMicros || backlogBytes <= LEAST_BACKLOG_BYTES) {
      this.#dueAt = 0;
      return false;
    }
    if (this.#dueAt === 0) {
      this.#dueAt = now + this.#intervalMicros;
      return false;
    }
    return now >= this.#dueAt;
  }

  #after(at: Micros): Micros {
    return at + this.#intervalMicros / Math.sqrt(this.#count);
  }
}
