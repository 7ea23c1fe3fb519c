import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TrackRate } from "../../src/rate/track-rate.ts";

const BOUNDS = { startBps: 8_000_000, minBps: 500_000, maxBps: 50_000_000 };
const SECOND = 1_000_000;

/** Sends 60 pictures a second at `bps`, or at what is allowed, and has a report a second; gives the time afterwards. */
function run(
  rate: TrackRate,
  from: number,
  seconds: number,
  {
    bps = undefined as number | undefined,
    rttMicros = 20_000,
    lossShare = 0,
    rembBps = undefined as number | undefined,
  } = {},
): number {
  for (let frame = 0; frame < seconds * 60; frame++) {
    const now = from + Math.round((frame * SECOND) / 60);
    rate.videoSent((bps ?? rate.bitrateBps(now)) / 60 / 8, now);
    if (frame % 60 !== 59) continue;
    rate.reportReceived({ lossShare, rttMicros }, now);
    if (rembBps !== undefined) rate.rembReceived(rembBps, now);
  }
  return from + seconds * SECOND;
}

test("on a path where nothing goes wrong the rate rises to its bound", () => {
  const rate = new TrackRate(BOUNDS);
  const now = run(rate, 0, 15);
  assert.equal(rate.bitrateBps(now), BOUNDS.maxBps);
});

test("without video to prove more, the rate does not go over its start", () => {
  const rate = new TrackRate(BOUNDS);
  const now = run(rate, 0, 15, { bps: 1_000_000 });
  assert.equal(rate.bitrateBps(now), BOUNDS.startBps);
});

test("a cut of the estimate while the path is filled holds at once, and goes with time", () => {
  const rate = new TrackRate(BOUNDS);
  let now = run(rate, 0, 5, { bps: 20_000_000, rembBps: 25_000_000 });
  assert.ok(rate.bitrateBps(now) > 25_000_000);
  rate.rembReceived(9_000_000, now);
  assert.ok(rate.bitrateBps(now) <= 9_000_000);
  now = run(rate, now, 3);
  const held = rate.bitrateBps(now);
  assert.ok(held > 5_000_000 && held <= 9_000_000, `${held}`);
  now = run(rate, now, 20);
  assert.ok(rate.bitrateBps(now) > 20_000_000);
});

test("the estimate of a receiver that has seen a still screen only is no ceiling, also when it is cut", () => {
  const rate = new TrackRate(BOUNDS);
  let now = run(rate, 0, 10, { bps: 60_000, rembBps: 90_000 });
  rate.rembReceived(40_000, now);
  assert.equal(rate.rembBps(now), 40_000);
  assert.equal(rate.bitrateBps(now), BOUNDS.startBps);
  // Motion sets in: what the receiver allowed before still says nothing.
  now = run(rate, now, 1, { rembBps: 42_000 });
  assert.ok(rate.bitrateBps(now) >= BOUNDS.startBps);
});

test("one late report is no queue", () => {
  const rate = new TrackRate(BOUNDS);
  const now = run(rate, 0, 10);
  const before = rate.bitrateBps(now);
  rate.reportReceived({ lossShare: 0, rttMicros: 400_000 }, now + 100_000);
  assert.equal(rate.bitrateBps(now), before);
});

test("a round trip that grows lowers the rate, and it comes back when the queue is gone", () => {
  const rate = new TrackRate(BOUNDS);
  let now = run(rate, 0, 10);
  const before = rate.bitrateBps(now);
  now = run(rate, now, 4, { rttMicros: 150_000 });
  const congested = rate.bitrateBps(now);
  assert.ok(congested < before / 2, `${congested} of ${before}`);
  now = run(rate, now, 12);
  assert.ok(rate.bitrateBps(now) > congested * 2);
});

test("heavy loss lowers the rate, a little does not", () => {
  const rate = new TrackRate({ ...BOUNDS, maxBps: 20_000_000 });
  let now = run(rate, 0, 10, { lossShare: 0.02 });
  assert.equal(rate.bitrateBps(now), 20_000_000);
  now = run(rate, now, 10, { lossShare: 0.6 });
  assert.ok(rate.bitrateBps(now) < 15_000_000, `${rate.bitrateBps(now)}`);
});

test("without reports the rate goes down step by step, and not before some seconds", () => {
  const rate = new TrackRate(BOUNDS);
  let now = run(rate, 0, 5);
  const before = rate.bitrateBps(now);
  rate.handleTimeout(now + SECOND);
  assert.equal(rate.bitrateBps(now + SECOND), before);
  for (let second = 0; second < 60; second++) {
    now += SECOND;
    rate.handleTimeout(now);
  }
  assert.ok(rate.bitrateBps(now) < before / 8);
});

test("the rate stays within its bounds whatever is reported", () => {
  const event = fc.record({
    kind: fc.constantFrom("sent", "remb", "report", "timeout"),
    value: fc.double({ min: 0, max: 1e12, noNaN: true }),
    lossShare: fc.double({ min: 0, max: 1, noNaN: true }),
    later: fc.integer({ min: 0, max: 5 * SECOND }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), (events) => {
      const rate = new TrackRate(BOUNDS);
      let now = 0;
      for (const { kind, value, lossShare, later } of events) {
        now += later;
        if (kind === "sent") rate.videoSent(value % 1e6, now);
        else if (kind === "remb") rate.rembReceived(value, now);
        else if (kind === "report") rate.reportReceived({ lossShare, rttMicros: value % 1e9 }, now);
        else rate.handleTimeout(now);
        const bps = rate.bitrateBps(now);
        assert.ok(bps >= BOUNDS.minBps && bps <= BOUNDS.maxBps, `${bps}`);
      }
    }),
  );
});
