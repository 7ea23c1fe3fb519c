import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";
import { RttEstimator } from "../src/rtt.ts";

test("the clock offset is found to within the best round trip although the way there is jittery", () => {
  const random = seededRandom(1);
  const rtt = new RttEstimator();
  const offset = 123_456_789;
  for (let i = 0; i < 50; i++) {
    const sent = i * 500_000;
    const arrived = sent + 5_000 + random() * 20_000;
    const answered = arrived + 300;
    const back = answered + 5_000 + random() * 20_000;
    rtt.addPong(sent, arrived + offset, answered + offset, back);
  }
  assert.ok(Math.abs(rtt.clockOffset - offset) < 5_000);
  assert.ok(rtt.minimum >= 10_000 && rtt.minimum < 25_000);
});

test("the minimum forgets what is older than ten seconds", () => {
  const rtt = new RttEstimator();
  rtt.addSample(1_000, 0);
  for (let now = 0; now <= 11 * SECOND; now += SECOND) rtt.addSample(9_000, now);
  assert.equal(rtt.minimum, 9_000);
});

test("a pong from before its ping is ignored", () => {
  const rtt = new RttEstimator();
  rtt.addPong(5_000, 1, 2, 4_000);
  assert.equal(rtt.samples, 0);
  assert.equal(rtt.retransmitMicros, undefined);
});

test("on another path nothing is known, and what was sent on the old one does not count", () => {
  const rtt = new RttEstimator();
  for (let at = 0; at < 5 * SECOND; at += 500_000) rtt.addPong(at - 10_000, at + 77, at + 77, at);
  assert.equal(rtt.minimum, 10_000);
  const offset = rtt.clockOffset;
  rtt.startAnew(6 * SECOND);
  assert.deepEqual(
    [rtt.smoothed, rtt.minimum, rtt.latest, rtt.samples, rtt.retransmitMicros],
    [0, 0, 0, 0, undefined],
  );
  assert.equal(rtt.clockOffset, offset);
  rtt.addPong(6 * SECOND - 1_000, 0, 0, 6 * SECOND + 9_000);
  rtt.addSample(12_000, 6 * SECOND + 9_000);
  assert.equal(rtt.samples, 0);
  rtt.addPong(6 * SECOND, 0, 0, 6 * SECOND + 80_000);
  assert.deepEqual([rtt.smoothed, rtt.minimum], [80_000, 80_000]);
});
