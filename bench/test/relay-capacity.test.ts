import assert from "node:assert/strict";
import { test } from "node:test";
import { findCapacity, type TryRate } from "../relay/capacity.ts";

/** A relay that loses what is over `most` packets a second, and a load that sends `loadsMost` at most. */
function simulated(most: number, loadsMost = Infinity): TryRate {
  return async (rate) => {
    const sent = Math.min(rate, loadsMost);
    const received = Math.min(sent, most);
    const times = { p50Micros: 1, p95Micros: 1, p99Micros: 1 };
    const result = { sent, received, refused: 0, strangers: 0, seconds: 1, ...times };
    return { result, cpuNanos: received * 5_000 };
  };
}

test("the search ends a little below what goes through without loss, wherever it begins", async () => {
  for (const guess of [2_000, 60_000, 150_000, 900_000]) {
    const { packets, cpuMicros, isLoadsBound } = await findCapacity(simulated(150_000), guess);
    assert.ok(packets <= 150_150 && packets > 145_000, `${packets} from ${guess}`);
    assert.equal(cpuMicros, 5);
    assert.equal(isLoadsBound, false);
  }
});

test("a load that can do no more than the relay is told from a relay that can do no more", async () => {
  const { packets, isLoadsBound } = await findCapacity(simulated(500_000, 100_000), 60_000);
  assert.ok(packets <= 103_100);
  assert.equal(isLoadsBound, true);
});

test("where nothing goes through there is no figure", async () => {
  await assert.rejects(findCapacity(simulated(0), 60_000), /nothing went through/);
});
