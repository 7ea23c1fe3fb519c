import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compactNtp, roundTripMicros } from "../../src/rtcp/ntp-time.ts";
import type { ReportBlock } from "../../src/rtcp/report-block.ts";

const block = (lastSenderReport: number, delay: number): ReportBlock => ({
  ...{ ssrc: 1, lostShare: 0, lostPackets: 0, highestSequence: 0, jitter: 0 },
  lastSenderReport,
  delaySinceLastSenderReport: delay,
});

test("the middle bits of NTP time are those of RFC 3550's example", () => {
  // 10 Nov 1995 11:33:25.125 UTC is 0xb705:2000 there, 11:33:36.5 is 0xb710:8000.
  const sent = Date.UTC(1995, 10, 10, 11, 33, 25, 125);
  assert.equal(compactNtp(sent), 0xb705_2000);
  assert.equal(compactNtp(Date.UTC(1995, 10, 10, 11, 33, 36, 500)), 0xb710_8000);
  // Its delay since the last SR is 5.250 s, and so the round trip 6.125 s.
  const answer = block(0xb705_2000, 0x0005_4000);
  assert.equal(roundTripMicros(answer, Date.UTC(1995, 10, 10, 11, 33, 36, 500)), 6_125_000);
});

test("the round trip is what passed less what the receiver waited, also over a wrap", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      fc.integer({ min: 0, max: 5_000 }),
      fc.integer({ min: 0, max: 10_000 }),
      (sentAt, rttMillis, waitedMillis) => {
        const report = block(compactNtp(sentAt) || 1, Math.round((waitedMillis / 1_000) * 65_536));
        const rtt = roundTripMicros(report, sentAt + rttMillis + waitedMillis)!;
        assert.ok(Math.abs(rtt - rttMillis * 1_000) <= 60, `${rtt}`);
      },
    ),
  );
});

test("a report that answers nothing tells no round trip, and a clock set back tells none below zero", () => {
  assert.equal(roundTripMicros(block(0, 0), Date.now()), undefined);
  assert.equal(roundTripMicros(block(compactNtp(10_000_000), 0), 9_999_000), 0);
});
