import type { AnalyticsPoint } from "@wavry/signaling";

/** Where a chart's points go. */
export interface ChartFrame {
  readonly from: number;
  readonly to: number;
  readonly bucketMillis: number;
  /** The value at the upper edge. */
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const TICKS = 4;

/** A round number at or above the largest value; at least 1. */
export function niceTop(largest: number): number {
  if (largest <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= largest)!;
  return step * power;
}

/** Times along the axis, first and last included. */
export function ticksOf(from: number, to: number): number[] {
  return Array.from({ length: TICKS }, (_, index) => from + ((to - from) * index) / (TICKS - 1));
}

/** An SVG path through the middles of the points' times; it breaks where points are missing. */
export function lineOf(points: readonly AnalyticsPoint[], frame: ChartFrame): string {
  let path = "";
  let before: number | undefined;
  for (const { at, value } of points) {
    const x = round(xOf(at + frame.bucketMillis / 2, frame));
    const y = round(yOf(value, frame));
    const joined = before !== undefined && at - before <= frame.bucketMillis;
    // A point alone is seen as a short line.
    path += joined ? `L${x} ${y}` : `M${round(x - 1)} ${y}L${x} ${y}`;
    before = at;
  }
  return path;
}

/** An SVG path of a bar for each point. */
export function barsOf(points: readonly AnalyticsPoint[], frame: ChartFrame): string {
  const width = (frame.bucketMillis / (frame.to - frame.from)) * frame.width;
  const gap = width > 4 ? 1 : 0;
  return points
    .filter(({ value }) => value > 0)
    .map(({ at, value }) => {
      const x = round(xOf(at, frame));
      return `M${x} ${frame.height}V${round(yOf(value, frame))}H${round(x + width - gap)}V${frame.height}Z`;
    })
    .join("");
}

function xOf(at: number, { from, to, width }: ChartFrame): number {
  return ((at - from) / (to - from)) * width;
}

function yOf(value: number, { top, height }: ChartFrame): number {
  return height * (1 - Math.min(Math.max(value / top, 0), 1));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
