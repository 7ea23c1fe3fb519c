import type { Micros } from "@wavry/rift-core";

const EVERY_MICROS: Micros = 1_000_000;

/**
 * Turns of the event loop for a thread that blocks in system calls and so never comes back to it by itself. There, and nowhere
 * else, Node gives back what belongs to native buffers that were collected: without a turn such a thread grows with each picture.
 */
export class LoopTurns {
  #takenAt: Micros;

  /** `now` is the time at which the thread begins to block. */
  constructor(now: Micros) {
    this.#takenAt = now;
  }

  /** Whether the last turn is a second ago. */
  isDue(now: Micros): boolean {
    return now - this.#takenAt >= EVERY_MICROS;
  }

  /** Lets the event loop run what waits for it, and sleeps for nothing. */
  async take(now: Micros): Promise<void> {
    this.#takenAt = now;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
