import { type Cell, meets, type Trial } from "../../tests/nat/matrix/index.ts";
import type { Path } from "../../tests/nat/theory.ts";
import { type Row, type RowKey, sampleRow, valueRow } from "../lib/rows.ts";

/** The paths, the best first; each is a metric. */
export const PATHS: readonly Path[] = ["direct", "relay", "tls"];

/** What a cell's sessions come to. Times are of those that connected. */
export function rowsOf(cell: Cell, trials: readonly Trial[]): Row[] {
  const key = (metric: string, unit: string): RowKey => ({
    ...{ bench: "nat", case: cell.name, metric, unit },
  });
  const n = trials.length;
  const share = (is: (trial: Trial) => boolean): number => (100 * trials.filter(is).length) / n;
  const up = trials.filter(({ settled }) => settled !== undefined);
  const rows: Row[] = [
    valueRow(key("connected", "%"), (100 * up.length) / n, n),
    valueRow(
      key("as_theory", "%"),
      share(({ settled }) => meets(settled, cell.best)),
      n,
    ),
  ];
  for (const path of PATHS) {
    const settled = share((trial) => trial.settled === path);
    if (settled > 0) rows.push(valueRow(key(path, "%"), settled, n));
    const first = share((trial) => trial.first === path);
    if (first > 0) rows.push(valueRow(key(`${path}_first`, "%"), first, n));
  }
  if (up.length === 0) return rows;
  rows.push(
    sampleRow(
      key("connect", "ms"),
      up.map(({ upMillis }) => upMillis),
    ),
    sampleRow(
      key("settle", "ms"),
      up.map(({ settledMillis }) => settledMillis),
    ),
    sampleRow(
      key("grant", "ms"),
      up.map(({ grantedMillis }) => grantedMillis),
    ),
  );
  return rows;
}

/** What a switch comes to: how many sessions outlived it, and the longest time without data in those. */
export function switchRows(name: string, gaps: readonly number[], n: number): Row[] {
  const key = (metric: string, unit: string): RowKey => ({
    ...{ bench: "nat", case: name, metric, unit },
  });
  const survived = valueRow(key("survived", "%"), (100 * gaps.length) / n, n);
  return gaps.length === 0 ? [survived] : [survived, sampleRow(key("gap", "ms"), gaps)];
}
