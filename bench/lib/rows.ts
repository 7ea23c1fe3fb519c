/** Rows: what every benchmark gives, printed as a table or as JSON. */

/** What a row is about. The names in use are listed in bench/README.md and stay. */
export interface RowKey {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
}

/** A distribution of `n` samples by nearest rank, in `unit`. */
export interface SampleRow extends RowKey {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** A single figure over `n` observations, in `unit`. */
export interface ValueRow extends RowKey {
  readonly n: number;
  readonly value: number;
}

export type Row = SampleRow | ValueRow;

/** The nearest-rank percentile (0 to 100) of numbers sorted upwards; NaN of none. */
export function percentile(sorted: readonly number[] | Float64Array, percent: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1]!;
}

/** Rounds to four significant digits, so that a row shows no digit that means nothing. */
export function significant(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
}

/** A row of percentiles; `samples` is borrowed and may be in any order. RangeError if it is empty. */
export function sampleRow(key: RowKey, samples: readonly number[]): SampleRow {
  if (samples.length === 0) throw new RangeError(`${key.case} ${key.metric}: no samples`);
  const sorted = Float64Array.from(samples).sort();
  return {
    ...key,
    n: sorted.length,
    p50: significant(percentile(sorted, 50)),
    p95: significant(percentile(sorted, 95)),
    p99: significant(percentile(sorted, 99)),
  };
}

/** A row of one figure. */
export function valueRow(key: RowKey, value: number, n: number): ValueRow {
  return { ...key, n, value: significant(value) };
}
