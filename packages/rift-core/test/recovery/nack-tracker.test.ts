import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DEADLINE_MICROS,
  MAX_PAYLOAD_BYTES,
  type Micros,
  NACK_HEAD_BYTES,
  NackTracker,
  newNackEntry,
  readNackEntry,
  readNackHead,
} from "@wavry/rift-core";

const RTT: Micros = 20_000;
const INTERVAL: Micros = 16_000;
const SPACING: Micros = 300;
const COUNT = 10;

interface Told {
  readonly at: Micros;
  readonly frameId: number;
  readonly round: number;
  /** Empty: the whole update. */
  readonly indices: readonly number[];
}

/** Plays arrivals in virtual time, and collects what is asked for. */
function play(options: {
  readonly arrivals: readonly { at: Micros; frameId: number; index: number }[];
  readonly until: Micros;
  readonly rttMicros?: Micros;
}): Told[] {
  const tracker = new NackTracker();
  tracker.setRtt(options.rttMicros ?? RTT);
  const arrivals = [...options.arrivals].sort((a, b) => a.at - b.at);
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  const told: Told[] = [];
  let now = 0;
  while (now <= options.until) {
    for (let next = arrivals[0]; next !== undefined && next.at <= now; next = arrivals[0]) {
      const { frameId, index } = next;
      arrivals.shift();
      const head = { frameId, index, count: COUNT, pieceBytes: 1_000, keyframe: false };
      tracker.fragmentReceived(head, now);
    }
    const length = tracker.poll(out, now);
    if (length > 0) told.push(...read(out.subarray(0, length), now));
    const due = Math.min(arrivals[0]?.at ?? Infinity, tracker.pollTimeout(now));
    assert.ok(length === 0 || due > now, "a timeout that is served does not stay");
    now = Math.max(now + 1, Math.ceil(due));
  }
  return told;
}

function read(message: Uint8Array, at: Micros): Told[] {
  const entry = newNackEntry();
  const told: Told[] = [];
  let offset = NACK_HEAD_BYTES;
  for (let left = readNackHead(message); left > 0; left--) {
    offset = readNackEntry(message, offset, entry);
    const indices: number[] = [];
    for (let bit = 0; bit < 8 * entry.bitmap.length; bit++)
      if ((entry.bitmap[bit >>> 3]! & (1 << (bit & 7))) !== 0) indices.push(entry.firstIndex + bit);
    told.push({ at, frameId: entry.frameId, round: entry.round, indices });
  }
  assert.equal(offset, message.length);
  return told;
}

/** Updates from 1 on, evenly, without what `isLost` says. */
function stream(frames: number, isLost: (frameId: number, index: number) => boolean) {
  return Array.from({ length: frames * COUNT }, (_, place) => {
    const frameId = 1 + Math.floor(place / COUNT);
    const index = place % COUNT;
    return { at: frameId * INTERVAL + index * SPACING, frameId, index };
  }).filter(({ frameId, index }) => !isLost(frameId, index));
}

test("nothing is asked for where nothing is lost, and where fragments overtake each other a little", () => {
  assert.deepEqual(play({ arrivals: stream(30, () => false), until: 31 * INTERVAL }), []);
  const swapped = stream(30, () => false).map((arrival) =>
    arrival.index === 4 ? { ...arrival, at: arrival.at + SPACING + 1 } : arrival,
  );
  assert.deepEqual(play({ arrivals: swapped, until: 31 * INTERVAL }), []);
});

test("a path on which fragments overtake each other far is waited for after the first time", () => {
  const late = stream(60, () => false).map((arrival) =>
    arrival.index === 2 ? { ...arrival, at: arrival.at + 1_800 } : arrival,
  );
  const told = play({ arrivals: late, until: 61 * INTERVAL });
  assert.ok(told.length > 0);
  assert.deepEqual(
    told.filter(({ frameId }) => frameId > 3),
    [],
  );
});

test("a lost end of an update is asked for before the next update comes", () => {
  const lost = stream(20, (frameId, index) => frameId === 15 && index >= 7);
  const told = play({ arrivals: lost, until: 21 * INTERVAL });
  const first = told[0]!;
  assert.equal(first.frameId, 15);
  assert.ok(first.at < 15 * INTERVAL + 7 * SPACING + 3_000, `${first.at - 15 * INTERVAL}`);
  assert.deepEqual(
    [...new Set(told.flatMap(({ indices }) => indices))].sort((a, b) => a - b),
    [7, 8, 9],
  );
});

test("an update of which nothing came is asked for as a whole, before the next one where they come evenly", () => {
  const told = play({ arrivals: stream(20, (frameId) => frameId === 15), until: 21 * INTERVAL });
  assert.ok(told.every(({ frameId, indices }) => frameId === 15 && indices.length === 0));
  assert.ok(told[0]!.at < 16 * INTERVAL, `${told[0]!.at - 15 * INTERVAL}`);
});

test("an update that comes long after it was foretold is watched like any other", () => {
  const before = stream(20, () => false);
  const after = stream(1, (_, index) => index === 4).map(({ at, index }) => ({
    at: at + 100 * INTERVAL,
    frameId: 21,
    index,
  }));
  const told = play({ arrivals: [...before, ...after], until: 110 * INTERVAL });
  const asked = told.filter(({ at }) => at > 100 * INTERVAL);
  assert.ok(asked.length > 0);
  assert.ok(asked.every(({ frameId, indices }) => frameId === 21 && indices.join() === "4"));
});

test("each round is told several times, and rounds end when no answer could come in time", () => {
  const lost = stream(20, (frameId, index) => frameId === 15 && index === 3);
  for (const rttMicros of [5_000, RTT, 40_000]) {
    const told = play({ arrivals: lost, until: 21 * INTERVAL, rttMicros });
    const deadline = 15 * INTERVAL + DEADLINE_MICROS;
    assert.ok(told.length > 0);
    for (const { at, frameId, indices } of told) {
      assert.equal(frameId, 15);
      assert.deepEqual(indices, [3]);
      assert.ok(at + rttMicros <= deadline, `${deadline - at}`);
    }
    const rounds = told.map(({ round }) => round);
    assert.deepEqual(rounds, rounds.toSorted());
    const first = told.filter(({ round }) => round === 1);
    assert.ok(first.length > 1);
    const second = told.find(({ round }) => round === 2);
    if (second !== undefined) assert.ok(second.at >= first[0]!.at + rttMicros);
    assert.equal(rttMicros < 40_000, second !== undefined);
  }
});

test("what was rebuilt is not asked for any more", () => {
  const tracker = new NackTracker();
  tracker.setRtt(RTT);
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  const head = { frameId: 1, index: 0, count: 4, pieceBytes: 100, keyframe: false };
  for (const index of [0, 2, 3]) tracker.fragmentReceived({ ...head, index }, index * SPACING);
  assert.ok(tracker.poll(out, 2_000) > 0);
  tracker.fragmentRecovered(1, 1);
  for (let now = 2_000; now < 60_000; now += 500) assert.equal(tracker.poll(out, now), 0);
  assert.equal(tracker.pollTimeout(2_000), Infinity);
});

test("a leap of the frame id, an update of the most fragments and 40 open updates are survived", () => {
  const tracker = new NackTracker();
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  const receive = (frameId: number, index: number, count: number, now: Micros): void => {
    const head = { frameId, index, count, pieceBytes: 100, keyframe: false };
    tracker.fragmentReceived(head, now);
    assert.ok(tracker.poll(out, now) <= MAX_PAYLOAD_BYTES);
  };
  receive(1, 8_191, 8_192, 0);
  for (let frameId = 2; frameId < 42; frameId++) receive(frameId, 9, 8_192, frameId * 100);
  receive(0xffff_ffff, 3, 8_192, 10_000);
  receive(5, 3, 8_192, 10_001);
  for (let now = 10_000; now < 30_000; now += 1_000) tracker.poll(out, now);
});
