/** Finds for each flip that was drawn the moment at which it was seen. Times are CLOCK_MONOTONIC in µs. */
import { COUNTER_FRAMES } from "./scene.ts";

/** A marker drawn (source) or first seen (watcher). */
export interface Mark {
  readonly place: number;
  readonly number: number;
  readonly at: number;
}

/** A frame counter drawn or first seen. */
export interface Count {
  readonly frame: number;
  readonly at: number;
}

/** Flips of a time window, and how those that were shown came through. */
export interface FlipResult {
  readonly latenciesMs: readonly number[];
  readonly lost: number;
  readonly total: number;
}

/** A stretch of time in which what was drawn counts. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

/**
 * Matches the marks seen with the flips drawn, place by place, in order; a flip that is passed over is lost.
 * Only flips drawn inside `window` count; earlier ones bring the two sides into step.
 */
export function matchFlips(
  flips: readonly Mark[],
  marks: readonly Mark[],
  window: Window,
): FlipResult {
  const latenciesMs: number[] = [];
  let total = 0;
  for (const place of new Set(flips.map((flip) => flip.place))) {
    const drawn = flips.filter((flip) => flip.place === place);
    const counts = (flip: Mark) => flip.at >= window.from && flip.at <= window.until;
    total += drawn.filter(counts).length;
    let next = 0;
    let inStep = false;
    for (const mark of marks) {
      if (mark.place !== place) continue;
      const match = (flip: Mark, index: number) =>
        index >= next && flip.number === mark.number && flip.at < mark.at;
      const found = inStep ? drawn.findIndex(match) : drawn.findLastIndex(match);
      if (found < 0) continue;
      inStep = true;
      next = found + 1;
      const flip = drawn[found]!;
      if (counts(flip)) latenciesMs.push((mark.at - flip.at) / 1000);
    }
  }
  return { latenciesMs, lost: total - latenciesMs.length, total };
}

/** Frames of a time window that were drawn, and how many of them were shown. */
export interface FrameResult {
  readonly drawn: number;
  readonly shown: number;
  /** Shown frames a second. */
  readonly fps: number;
  /** How long the picture stood still, for each time that this took more than `FREEZE_MS`. */
  readonly freezesMs: readonly number[];
}

/** A picture that moves and then stands for longer than this has frozen. */
export const FREEZE_MS = 100;

/** Counts the distinct frames drawn inside `window` that were seen; a counter that goes backwards is a torn picture. */
export function matchFrames(
  drawn: readonly Count[],
  seen: readonly Count[],
  window: Window,
): FrameResult {
  const counted = drawn.filter(({ at }) => at >= window.from && at <= window.until);
  let next = 0;
  let shown = 0;
  let shownAt = window.from;
  const freezesMs: number[] = [];
  const standUntil = (at: number) => {
    if (at - shownAt > FREEZE_MS * 1000) freezesMs.push((at - shownAt) / 1000);
    shownAt = at;
  };
  for (const { frame, at } of seen) {
    const ahead = counted.slice(next, next + COUNTER_FRAMES / 2);
    const found = ahead.findIndex((one) => one.frame === frame && one.at < at);
    if (found < 0) continue;
    next += found + 1;
    shown++;
    standUntil(at);
  }
  standUntil(window.until);
  const seconds = (window.until - window.from) / 1e6;
  return { drawn: counted.length, shown, fps: shown / seconds, freezesMs };
}
