import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { percentile, sampleRow, valueRow } from "../lib/rows.ts";
import { baselineOf, formatTable } from "../lib/table.ts";

const KEY = { bench: "glass", case: "720p/still", metric: "glass_to_glass", unit: "ms" };

test("a percentile is the smallest sample that so many percent of the samples do not exceed", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1 }),
      fc.integer({ min: 1, max: 100 }),
      (numbers, percent) => {
        const sorted = numbers.toSorted((a, b) => a - b);
        const value = percentile(sorted, percent);
        const share = (limit: (one: number) => boolean) => sorted.filter(limit).length;
        assert.ok(share((one) => one <= value) >= (percent / 100) * sorted.length);
        assert.ok(share((one) => one < value) < (percent / 100) * sorted.length);
      },
    ),
  );
});

test("a row of samples carries exactly the published fields, whatever the order of the samples", () => {
  const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(sampleRow(KEY, samples), { ...KEY, n: 100, p50: 50, p95: 95, p99: 99 });
  assert.throws(() => sampleRow(KEY, []), RangeError);
});

test("the table compares a competitor's case with the case that it stands under", () => {
  const rows = [
    valueRow(KEY, 2, 1),
    valueRow({ ...KEY, case: "720p/still/ffmpeg" }, 5, 1),
    valueRow({ ...KEY, case: "1080p/still" }, 4, 1),
  ];
  assert.equal(baselineOf(rows[1]!, rows), rows[0]);
  assert.equal(baselineOf(rows[0]!, rows), undefined);
  assert.match(formatTable(rows), /ffmpeg .* 2\.50$/m);
});

test("in the browser a program is compared with Wavry over WebTransport in the same case", () => {
  const row = (name: string, value: number) =>
    valueRow({ ...KEY, bench: "web", case: `home/720p/motion/${name}` }, value, 1);
  const rows = [row("webrtc", 30), row("webtransport", 20), row("chromium", 60)];
  assert.equal(baselineOf(rows[0]!, rows), rows[1]);
  assert.equal(baselineOf(rows[1]!, rows), undefined);
  assert.match(formatTable(rows), /chromium .* 3\.00$/m);
});
