import type { ScreenStats } from "@wavry/web-client";
import { locale } from "../text/text.ts";

/** How long the charts look back, in figures of a second each. */
export const HISTORY_LENGTH = 60;

/** The figures that have a chart. */
export interface ChartedFigure {
  readonly name: "latency" | "rate" | "loss";
  readonly valueOf: (stats: ScreenStats) => number;
  readonly format: (value: number) => string;
}

/** What is drawn over time. */
export const CHARTED: readonly ChartedFigure[] = [
  { name: "latency", valueOf: (stats) => stats.latencyMillis, format: formatMillis },
  { name: "rate", valueOf: (stats) => stats.bitrateBps, format: formatRate },
  { name: "loss", valueOf: (stats) => stats.lossShare, format: formatShare },
];

/** The latest figures with one more, none older than the charts look back. */
export function withLatest(history: readonly ScreenStats[], stats: ScreenStats): ScreenStats[] {
  return [...history, stats].slice(-HISTORY_LENGTH);
}

/** Milliseconds. */
export function formatMillis(value: number): string {
  return `${number(value < 10 ? 1 : 0).format(value)} ms`;
}

/** Bits a second. */
export function formatRate(value: number): string {
  return value < 1_000_000
    ? `${number(0).format(value / 1_000)} kbit/s`
    : `${number(1).format(value / 1_000_000)} Mbit/s`;
}

/** 0 to 1. */
export function formatShare(value: number): string {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }).format(
    value,
  );
}

/** A whole number. */
export function formatCount(value: number): string {
  return number(0).format(value);
}

/** An SVG path through the values, the newest at the right edge; the scale is from 0 to the largest. */
export function chartPath(
  values: readonly number[],
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const most = Math.max(...values, Number.MIN_VALUE);
  const step = width / (HISTORY_LENGTH - 1);
  const from = HISTORY_LENGTH - values.length;
  return values
    .map((value, index) => {
      const x = round((from + index) * step);
      const y = round(height * (1 - Math.max(value, 0) / most));
      return `${index === 0 ? "M" : "L"}${x} ${y}`;
    })
    .join("");
}

function number(digits: number): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
