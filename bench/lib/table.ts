/** Rows as a table for a person: with each competitor's ratio to Wavry and the spread of each distribution. */
import type { Row } from "./rows.ts";

const HEADER = ["case", "metric", "unit", "n", "p50", "p95", "p99", "p99/p50", "× wavry"];

function cell(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "";
  if (Math.abs(value) >= 1000) return value.toFixed(0);
  return value.toPrecision(3);
}

function middle(row: Row): number {
  return "value" in row ? row.value : row.p50;
}

/** Wavry's own name where all cases carry one. */
const OWN_NAME = "webtransport";

/**
 * The row that `row` is compared with: the same metric of the longest case of which its case is a sub-case, or else of
 * the case that has Wavry's name in place of its last part.
 */
export function baselineOf(row: Row, rows: readonly Row[]): Row | undefined {
  const sibling = row.case.replace(/[^/]+$/, OWN_NAME);
  let best: Row | undefined;
  for (const other of rows) {
    if (other.metric !== row.metric || other.bench !== row.bench || other === row) continue;
    const isParent = row.case.startsWith(`${other.case}/`);
    if (!isParent && other.case !== sibling) continue;
    if (best === undefined || (isParent && other.case.length > best.case.length)) best = other;
  }
  return best;
}

/** Lays `rows` out in columns; no trailing newline. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [HEADER];
  for (const row of rows) {
    const baseline = baselineOf(row, rows);
    const ratio = baseline === undefined ? undefined : middle(row) / middle(baseline);
    const sampled = "p50" in row;
    lines.push([
      row.case,
      row.metric,
      row.unit,
      String(row.n),
      cell(middle(row)),
      cell(sampled ? row.p95 : undefined),
      cell(sampled ? row.p99 : undefined),
      cell(sampled ? row.p99 / row.p50 : undefined),
      cell(ratio),
    ]);
  }
  const widths = HEADER.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((text, column) =>
          column < 3 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
