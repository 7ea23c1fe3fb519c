import type { Micros } from "@wavry/rift-core";

/** Stillness of the whole screen after which its last picture is improved, and how often. */
const POLISH_AFTER_MICROS = 100_000;
const POLISH_INTERVAL_MICROS = 33_000;
const POLISH_FRAMES = 6;
const POLISH_FRAMES_WITHOUT_PATCHES = 40;
/** Polishing ends early once a picture takes less than this part of its share: there is nothing left to improve. */
const POLISHED_SHARE = 0.1;
/** Stillness of a tile after which it is sent without loss. */
export const REFINE_AFTER_MICROS: Micros = 300_000;
/** Part of the bitrate that refining may take, while other parts move and while nothing does. */
const REFINE_SHARE_MOVING = 0.25;
const REFINE_SHARE_STILL = 0.8;
const FOREVER = Number.POSITIVE_INFINITY;

/**
 * When to improve what was sent with loss. Two ways, one after the other: a few more encoded pictures of the whole
 * screen ("polish"), which help everywhere at once, then lossless patches of one tile after another ("refine").
 */
export class Stillness {
  #changedAt: Micros = 0;
  #polishAt: Micros = FOREVER;
  #polishLeft = 0;
  #refineAt: Micros = 0;

  /** When to polish next; Infinity: not. */
  get polishAt(): Micros {
    return this.#polishAt;
  }

  /** A change was sent with loss: all waits begin anew. `refines`: lossless patches will finish what polishing begins. */
  noteLossyChange(now: Micros, refines: boolean): void {
    this.#changedAt = now;
    this.#polishLeft = refines ? POLISH_FRAMES : POLISH_FRAMES_WITHOUT_PATCHES;
    this.#polishAt = now + POLISH_AFTER_MICROS;
  }

  /**
   * A change was sent without loss: what waits, waits longer, but nothing is begun. A polishing picture holds the encoder
   * for milliseconds, so typing must not call for more of them.
   */
  noteExactChange(now: Micros): void {
    this.#changedAt = now;
    if (this.#polishAt !== FOREVER) this.#polishAt = now + POLISH_AFTER_MICROS;
  }

  /** A polishing picture was sent; `share` is its size as a part of what one picture may take. */
  notePolish(now: Micros, share: number): void {
    this.#polishLeft = share < POLISHED_SHARE ? 0 : this.#polishLeft - 1;
    this.#polishAt = this.#polishLeft > 0 ? now + POLISH_INTERVAL_MICROS : FOREVER;
  }

  endPolish(): void {
    this.#polishAt = FOREVER;
  }

  /** When to refine next, if the longest unchanged lossy tile was painted at `oldest`; Infinity: not. */
  refineDueAt(oldest: Micros | undefined, now: Micros): Micros {
    // Polishing first: what it leaves is less to refine.
    const polishing = this.#polishAt !== FOREVER && this.#isStill(now);
    if (oldest === undefined || polishing) return FOREVER;
    return Math.max(oldest + REFINE_AFTER_MICROS, this.#refineAt);
  }

  /** A piece of refinement was sent that takes `seconds` of the whole bitrate. */
  noteRefinement(now: Micros, seconds: number): void {
    const share = this.#isStill(now) ? REFINE_SHARE_STILL : REFINE_SHARE_MOVING;
    this.#refineAt = now + Math.ceil((seconds * 1_000_000) / share);
  }

  /** Nothing is there to improve any more. */
  forget(): void {
    this.#polishAt = FOREVER;
  }

  #isStill(now: Micros): boolean {
    return now >= this.#changedAt + POLISH_AFTER_MICROS;
  }
}
