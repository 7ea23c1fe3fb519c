import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Credit } from "../../src/source/credit.ts";

/** Frames that wait in real time and are sent as soon as the credit allows; gives each one's wait. */
function waits(arrivals: readonly number[], credit: Credit): number[] {
  let free = 0;
  return arrivals.map((arrival) => {
    const asked = Math.max(arrival, free);
    const sentAt = credit.readyAt(1, asked);
    credit.spend(1, sentAt);
    free = sentAt;
    return sentAt - arrival;
  });
}

test("a source at just the allowed rate never waits, with some milliseconds of jitter", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -4_000, max: 4_000 }), { minLength: 300, maxLength: 300 }),
      (jitter) => {
        const arrivals = jitter.map(
          (offset, index) => 100_000 + Math.round(index * 16_666.7) + offset,
        );
        const credit = new Credit({ ratePerSecond: 63, capacity: 2, now: 0 });
        for (const wait of waits(arrivals, credit)) assert.equal(wait, 0);
      },
    ),
  );
});

test("a faster source is held to the rate on average after a short burst", () => {
  const credit = new Credit({ ratePerSecond: 60, capacity: 2, now: 0 });
  const arrivals = Array.from({ length: 600 }, (_, index) => index * 1_000);
  const last = 599_000 + (waits(arrivals, credit).at(-1) ?? 0);
  const seconds = last / 1_000_000;
  assert.ok(600 <= seconds * 60 + 3 && 600 >= seconds * 60 - 3, `600 frames in ${seconds} s`);
});

test("what is owed delays what comes after, and a new rate counts from now on", () => {
  const credit = new Credit({ ratePerSecond: 10, capacity: 1, now: 0 });
  credit.spend(2, 0);
  assert.equal(credit.readyAt(1, 0), 200_000);
  credit.setRate(100, 100_000);
  assert.equal(credit.readyAt(1, 100_000), 110_000);
});
