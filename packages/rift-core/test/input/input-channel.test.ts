import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Outcome, simulate } from "./simulation.ts";

function assertSameEnd({ truth, host }: Outcome): void {
  assert.deepEqual([...host.held].sort(), [...truth.held].sort());
  assert.deepEqual(host.motion, truth.motion);
  assert.deepEqual(host.scrolled, truth.scrolled);
  assert.equal(host.position, truth.position);
}

test("over a clean link each press and release arrives once, in order, where it was made", () => {
  const outcome = simulate(1, { loss: 0, doubling: 0, delayMillis: 1 }, 400);
  assertSameEnd(outcome);
  assert.deepEqual(outcome.host.transitions, outcome.truth.transitions);
});

test("with a third of all datagrams lost, doubled and reordered nothing is lost, doubled or misplaced", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const outcome = simulate(seed, { loss: 0.33, doubling: 0.3, delayMillis: 25 }, 150);
    assert.deepEqual(outcome.host.transitions, outcome.truth.transitions, `seed ${seed}`);
    assertSameEnd(outcome);
    assert.deepEqual(
      { ...outcome.receiver.counters, stale: 0 },
      { stale: 0, gaps: 0, expiries: 0 },
    );
  }
});

test("after any pattern of loss the host holds what the client holds, and all motion has arrived", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.double({ min: 0, max: 0.97, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 120 }),
      fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1500 })),
      fc.constantFrom(0, 0xffff_fff0, 0x7fff_fff8),
      (seed, loss, doubling, delayMillis, [from, length], firstNumber) => {
        const blackout = [from, from + length] as const;
        const outcome = simulate(seed, { loss, doubling, delayMillis, blackout }, 120, firstNumber);
        assertSameEnd(outcome);
        const { gaps, expiries } = outcome.receiver.counters;
        if (gaps + expiries === 0)
          assert.deepEqual(outcome.host.transitions, outcome.truth.transitions);
      },
    ),
    { numRuns: 60 },
  );
});
