import type { Micros } from "../../micros.ts";

/** Rungs of the ladder: frames a second, and the picture's side as a share of the screen's. */
const RUNGS: readonly { readonly fps: number; readonly scale: number }[] = [
  { fps: Infinity, scale: 1 },
  { fps: 45, scale: 1 },
  { fps: 30, scale: 1 },
  { fps: 30, scale: 0.75 },
  { fps: 30, scale: 0.5 },
  { fps: 20, scale: 0.5 },
];
const DOWN_AFTER_MICROS: Micros = 1_000_000;
const UP_AFTER_MICROS: Micros = 5_000_000;

/**
 * Fewer frames, and in the end smaller ones, where the rate no longer gives each enough bits to be worth sending.
 * A rung down after one second of want, a rung up after five of plenty.
 */
export class FrameLadder {
  readonly #maxFps: number;
  /** Bits that a frame of full size should have at least. */
  readonly #frameBits: number;
  #rung = 0;
  #wantSince: Micros | undefined;
  #plentySince: Micros | undefined;

  constructor(options: { maxFps: number; frameBits: number }) {
    this.#maxFps = options.maxFps;
    this.#frameBits = options.frameBits;
  }

  get fps(): number {
    return Math.min(this.#maxFps, RUNGS[this.#rung]!.fps);
  }

  get scale(): number {
    return RUNGS[this.#rung]!.scale;
  }

  /** Follows the target. */
  follow(targetBps: number, now: Micros): void {
    if (targetBps < this.#needed(this.#rung)) this.#wantSince ??= now;
    else this.#wantSince = undefined;
    if (this.#rung > 0 && targetBps > 1.15 * this.#needed(this.#rung - 1))
      this.#plentySince ??= now;
    else this.#plentySince = undefined;
    if (this.#wantSince !== undefined && now - this.#wantSince >= DOWN_AFTER_MICROS) {
      if (this.#rung < RUNGS.length - 1) this.#rung++;
      this.#wantSince = undefined;
    } else if (this.#plentySince !== undefined && now - this.#plentySince >= UP_AFTER_MICROS) {
      this.#rung--;
      this.#plentySince = undefined;
    }
  }

  #needed(rung: number): number {
    const { fps, scale } = RUNGS[rung]!;
    return this.#frameBits * Math.min(this.#maxFps, fps) * scale * scale;
  }
}
