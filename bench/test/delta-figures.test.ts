import assert from "node:assert/strict";
import { test } from "node:test";
import type { FrameRecord } from "@wavry/rift-core/testing";
import { frameDelays, freezesPerMinute, jainIndex, stallsPerMinute } from "../delta/figures.ts";

const MILLISECOND = 1_000;
const MINUTE = 60_000_000;

/** A frame each 10 ms that takes `delay(index)` ms, or never arrives. */
function frames(count: number, delay: (index: number) => number): FrameRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    capturedAt: index * 10 * MILLISECOND,
    needed: 1,
    pieces: new Uint8Array(1),
    arrived: 0,
    completedAt: (index * 10 + delay(index)) * MILLISECOND,
  }));
}

test("a frame that never arrives counts until the next one that does", () => {
  const delays = frameDelays(frames(3, (index) => (index === 1 ? Infinity : 20)));
  assert.deepEqual(
    delays.sort((a, b) => a - b),
    [20, 20, 30],
  );
});

test("a stream without hitches neither stalls nor freezes", () => {
  const smooth = frames(6_000, () => 30);
  assert.equal(stallsPerMinute(smooth, 0, MINUTE), 0);
  assert.equal(freezesPerMinute(smooth, MINUTE), 0);
});

test("a stream that is late by a second stalls all the time, though it never freezes", () => {
  const late = frames(6_000, (index) => (index === 0 ? 30 : 1_000));
  assert.ok(stallsPerMinute(late, 0, MINUTE) > 580);
  assert.equal(freezesPerMinute(late, MINUTE), 1);
});

test("a pause of 350 ms is one freeze and two and a half stalls", () => {
  const paused = frames(6_000, (index) =>
    index >= 3_000 && index < 3_035 ? 30 + 350 - (index - 3_000) * 10 : 30,
  );
  assert.equal(freezesPerMinute(paused, MINUTE), 1);
  assert.ok(Math.abs(stallsPerMinute(paused, 0, MINUTE) - 2.6) < 0.11);
});

test("Jain's index is 1 for equal shares and 1/n where one has all", () => {
  assert.equal(jainIndex([3, 3, 3]), 1);
  assert.equal(jainIndex([4, 0]), 0.5);
});
