/** Figures out of a run's records. */
import type { Micros } from "@wavry/rift-core";
import type { FrameRecord, LinkSample } from "@wavry/rift-core/testing";

const STALL_MICROS: Micros = 100_000;
const CLEAR_MICROS: Micros = 20_000;

/**
 * Delay of every frame from capture to completion, in ms. One that never was complete counts until the next one that
 * was: so long the picture stood.
 */
export function frameDelays(frames: readonly FrameRecord[]): number[] {
  const delays: number[] = [];
  let next = Infinity;
  for (let index = frames.length - 1; index >= 0; index--) {
    const { capturedAt, completedAt } = frames[index]!;
    if (completedAt < next) next = completedAt;
    if (next !== Infinity) delays.push((Math.min(next, completedAt) - capturedAt) / 1000);
  }
  return delays;
}

/** How often a minute no new picture came for longer than 100 ms, however old those before and after were. */
export function freezesPerMinute(frames: readonly FrameRecord[], spanMicros: Micros): number {
  const shown = frames
    .map(({ completedAt }) => completedAt)
    .filter((at) => at !== Infinity)
    .sort((a, b) => a - b);
  let freezes = 0;
  for (let index = 1; index < shown.length; index++)
    if (shown[index]! - shown[index - 1]! > STALL_MICROS) freezes++;
  return (freezes * 60e6) / spanMicros;
}

/**
 * How often a minute the picture on the screen stood more than 100 ms behind the quickest one: once for each 100 ms that
 * this lasted. A stream that runs smoothly, but seconds late, stalls all the time for whoever steers by it.
 */
export function stallsPerMinute(
  frames: readonly FrameRecord[],
  from: Micros,
  spanMicros: Micros,
): number {
  const shown = frames
    .filter(({ completedAt }) => completedAt !== Infinity)
    .sort((a, b) => a.completedAt - b.completedAt);
  const quickest = Math.min(
    ...shown.map(({ capturedAt, completedAt }) => completedAt - capturedAt),
  );
  const until = from + spanMicros;
  let behind = 0;
  let newest = from;
  for (let index = 0; index <= shown.length; index++) {
    // Between two completions the picture gets older; it is too old from `late` on.
    const start = index === 0 ? from : Math.min(until, shown[index - 1]!.completedAt);
    const end = index === shown.length ? until : Math.min(until, shown[index]!.completedAt);
    const late = newest + quickest + STALL_MICROS;
    behind += Math.max(0, end - Math.max(start, late));
    if (index < shown.length) newest = Math.max(newest, shown[index]!.capturedAt);
  }
  return (behind / STALL_MICROS) * (60e6 / spanMicros);
}

/** Time from a drop of capacity at `dropAt` until no packet waits longer than 20 ms again, in ms; NaN: never. */
export function clearMillis(samples: readonly LinkSample[], dropAt: Micros): number {
  const cleared = samples.find(
    ({ at, queuedMicros }, index) =>
      at > dropAt &&
      queuedMicros <= CLEAR_MICROS &&
      samples[index - 1]!.queuedMicros > CLEAR_MICROS,
  );
  return cleared === undefined ? Number.NaN : (cleared.at - dropAt) / 1000;
}

/** Time from a rise of capacity at `riseAt` until 90 % of the rate before `dropAt` is delivered again, in ms; NaN: never. */
export function regainMillis(
  samples: readonly LinkSample[],
  dropAt: Micros,
  riseAt: Micros,
): number {
  const rate = (part: readonly LinkSample[]) =>
    part.reduce((sum, { bytes }) => sum + bytes[0]!, 0) / part.length;
  const before = rate(samples.filter(({ at }) => at <= dropAt && at > dropAt / 2));
  for (const [index, { at }] of samples.entries())
    if (at > riseAt && index >= 3 && rate(samples.slice(index - 2, index + 1)) >= 0.9 * before)
      return (at - riseAt) / 1000;
  return Number.NaN;
}

/** Jain's index of fairness: 1 where all have the same. */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}
