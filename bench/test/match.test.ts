import assert from "node:assert/strict";
import { test } from "node:test";
import { type Mark, matchFlips, matchFrames } from "../glass/match.ts";
import { COUNTER_FRAMES, MARKER_NUMBERS } from "../glass/scene.ts";
import { matchInput } from "../input/match-input.ts";

const ALL = { from: 0, until: Number.POSITIVE_INFINITY };

function flipsAt(count: number, everyMicros: number): Mark[] {
  return Array.from({ length: count }, (_, index) => ({
    place: index % 4,
    number: (Math.floor(index / 4) + 6) % MARKER_NUMBERS,
    at: index * everyMicros,
  }));
}

test("each flip gets its own latency even when pictures arrive later than the next flip", () => {
  const flips = flipsAt(200, 100_000);
  const marks = flips.map((flip) => ({ ...flip, at: flip.at + 250_000 }));
  const result = matchFlips(flips, marks, ALL);
  assert.equal(result.lost, 0);
  assert.ok(result.latenciesMs.every((latency) => latency === 250));
  assert.equal(result.latenciesMs.length, 200);
});

test("a flip that is never shown is counted as lost and does not spoil the others", () => {
  const flips = flipsAt(100, 100_000);
  const marks = flips
    .filter((_, index) => index % 10 !== 7)
    .map((flip) => ({ ...flip, at: flip.at + 5_000 }));
  const result = matchFlips(flips, marks, ALL);
  assert.equal(result.lost, 10);
  assert.ok(result.latenciesMs.every((latency) => latency === 5));
});

test("only flips drawn inside the window count", () => {
  const flips = flipsAt(100, 100_000);
  const marks = flips.map((flip) => ({ ...flip, at: flip.at + 5_000 }));
  const result = matchFlips(flips, marks, { from: 1_000_000, until: 2_000_000 });
  assert.equal(result.total, 11);
  assert.equal(result.latenciesMs.length, 11);
});

test("a mark that stood before the first flip is not taken for one", () => {
  const flips = flipsAt(4, 100_000).map((flip) => ({ ...flip, at: flip.at + 1_000_000 }));
  const marks = [
    { place: 0, number: 5, at: 10 },
    { ...flips[0]!, at: flips[0]!.at + 3_000 },
  ];
  assert.deepEqual(matchFlips(flips, marks, ALL).latenciesMs, [3]);
});

test("frames shown are counted once each, over a turn of the counter, and torn ones not at all", () => {
  const frames = Array.from({ length: COUNTER_FRAMES + 600 }, (_, index) => ({
    frame: index % COUNTER_FRAMES,
    at: index * 16_667,
  }));
  const seen = frames
    .filter((_, index) => index % 60 !== 0)
    .map((frame) => ({ ...frame, at: frame.at + 9_000 }));
  const until = frames.at(-1)!.at;
  const result = matchFrames(frames, seen, { from: 0, until });
  assert.equal(result.shown, seen.length);
  const torn = seen.flatMap((frame) => [frame, { ...frame, frame: (frame.frame + 9) % 4096 }]);
  assert.equal(matchFrames(frames, torn, { from: 0, until }).shown, seen.length);
});

test("a picture that stands for more than 100 ms has frozen, at the end of the window too", () => {
  const frames = Array.from({ length: 120 }, (_, frame) => ({ frame, at: frame * 20_000 }));
  const seen = frames
    .filter(({ frame }) => (frame < 30 || frame >= 40) && frame < 100)
    .map((frame) => ({ ...frame, at: frame.at + 5_000 }));
  const { freezesMs } = matchFrames(frames, seen, { from: 0, until: 2_400_000 });
  assert.deepEqual(freezesMs, [220, 415]);
  const smooth = frames.map((frame) => ({ ...frame, at: frame.at + 5_000 }));
  assert.deepEqual(matchFrames(frames, smooth, { from: 0, until: 2_380_000 }).freezesMs, []);
});

test("input is matched by kind and value in order, and what does not arrive is lost", () => {
  const event = (kind: "key" | "motion", a: number, b: number, at: number) => ({ kind, a, b, at });
  const injected = [
    event("key", 38, 1, 1000),
    event("motion", 100, 50, 2000),
    event("key", 38, 0, 3000),
    event("key", 38, 1, 4000),
  ];
  const recorded = [
    event("key", 38, 1, 1400),
    event("motion", 101, 50, 2600),
    event("key", 38, 1, 4500),
  ];
  const result = matchInput(injected, recorded, ALL);
  assert.deepEqual(result.latenciesMs.key, [0.4, 0.5]);
  assert.deepEqual(result.latenciesMs.motion, [0.6]);
  assert.equal(result.lost, 1);
});
