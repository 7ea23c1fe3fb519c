import assert from "node:assert/strict";
import { test } from "node:test";
import { ratioLines } from "../gateway/ratios.ts";
import { type Row, sampleRow, valueRow } from "../lib/rows.ts";

const key = (name: string, metric: string) => ({
  ...{ bench: "gateway", case: name, metric, unit: "" },
});

function rowsOf(name: string, factor: number): Row[] {
  return [
    valueRow(key(name, "memory_per_socket"), 12 * factor, 10),
    sampleRow(key(name, "signaling"), [1 * factor, 3 * factor]),
    sampleRow(key(name, "start"), [600 * factor]),
  ];
}

test("each gateway's figures are set beside the bare server's and the aims", () => {
  const lines = ratioLines([...rowsOf("sqlite", 2), ...rowsOf("bare", 1)]);
  assert.deepEqual(lines, [
    "sqlite × bare: memory_per_socket 2.0; signaling p50 2.0, p99 2.0; start p50 2.0, p99 2.0",
    "sqlite, aims: memory over bare, KB a socket 12.0 (aim 15: met); signaling p99, ms 6.00 (aim 5: missed); start p99, ms 1200 (aim 1000: missed)",
  ]);
});

test("what was not measured is left out", () => {
  assert.deepEqual(ratioLines([]), []);
  assert.deepEqual(ratioLines(rowsOf("bare", 1)), []);
  const [line, ...more] = ratioLines(rowsOf("sqlite", 1));
  assert.deepEqual(more, []);
  assert.match(line!, /^sqlite, aims: signaling p99/);
});
