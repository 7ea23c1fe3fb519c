import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OPUS_CLOCK_HZ, RtpClock, VIDEO_CLOCK_HZ } from "../src/rtp-clock.ts";

test("timestamps go on by the clock's units, modulo 2^32, from the offset", () => {
  const video = new RtpClock(VIDEO_CLOCK_HZ, 2 ** 32 - 1);
  assert.equal(video.timestamp(0), 2 ** 32 - 1);
  assert.equal(video.timestamp(1_000_000), 89_999);
  assert.equal(new RtpClock(OPUS_CLOCK_HZ, 0).timestamp(5_000), 240);
});

test("the difference of two timestamps is that of their times, to a unit, for years of uptime", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(VIDEO_CLOCK_HZ, OPUS_CLOCK_HZ),
      fc.nat({ max: 2 ** 32 - 1 }),
      fc.integer({ min: 0, max: 9e13 }),
      fc.integer({ min: 0, max: 1e9 }),
      (hz, offset, at, later) => {
        const clock = new RtpClock(hz, offset);
        const gone = (clock.timestamp(at + later) - clock.timestamp(at) + 2 ** 32) % 2 ** 32;
        const exact = Math.floor((later * hz) / 1e6) % 2 ** 32;
        const error = Math.abs(gone - exact);
        assert.ok(error <= 1 || error >= 2 ** 32 - 1, `${gone} ${exact}`);
      },
    ),
  );
});
