import assert from "node:assert/strict";
import { test } from "node:test";
import { chanceOfMoreLost, lossCorrelation, RecoveryPlanner } from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";

const UPDATE_BYTES = 20_000;

/** A planner that has seen a path for a while. */
function planner(loss: { every: number; burst: number }, rttMicros: number, redundancy: number) {
  const made = new RecoveryPlanner();
  for (let number = 1; number <= 16_000; number++)
    if (loss.every > 0 && number % loss.every < loss.burst) made.pattern.lost(number);
    else made.pattern.arrived(number);
  made.setPath({ rttMicros, redundancy });
  return made;
}

/** The mean share of repair packets ahead over many updates. */
function sharePlanned(made: RecoveryPlanner): number {
  let planned = 0;
  for (let update = 0; update < 400; update++) {
    const { depth, rows } = made.planUpdate(UPDATE_BYTES);
    planned += depth * rows;
  }
  return (planned * 1200) / (400 * UPDATE_BYTES);
}

test("nothing goes ahead on a path that loses nothing, or where there is time to ask", () => {
  assert.equal(sharePlanned(planner({ every: 0, burst: 0 }, 150_000, 0.5)), 0);
  assert.equal(sharePlanned(planner({ every: 80, burst: 4 }, 30_000, 0.5)), 0);
});

test("where there is no time to ask, repair packets go ahead within the share that is allowed", () => {
  for (const share of [0.05, 0.14, 0.3]) {
    const planned = sharePlanned(planner({ every: 80, burst: 4 }, 150_000, share));
    assert.ok(planned > 0.8 * share && planned <= 1.05 * share, `${planned} of ${share}`);
  }
});

test("a path with few losses gets few repair packets, whatever is allowed", () => {
  assert.ok(sharePlanned(planner({ every: 1_000, burst: 1 }, 150_000, 0.5)) < 0.2);
});

test("a tiny update goes ahead twice on a lossy path, as its loss would show late", () => {
  assert.equal(planner({ every: 80, burst: 4 }, 30_000, 0.1).planUpdate(500).rows, 1);
  assert.equal(planner({ every: 0, burst: 0 }, 30_000, 0.1).planUpdate(500).rows, 0);
});

test("no group of a large update has more fragments than a repair packet can cover", () => {
  const made = planner({ every: 80, burst: 4 }, 150_000, 0.5);
  for (const bytes of [1_000, 80_000, 1_000_000, 9_000_000]) {
    const { depth } = made.planUpdate(bytes);
    assert.ok(Math.ceil(Math.ceil(bytes / 1156) / depth) <= 64);
  }
});

test("the more is asked for the last time and the longer bursts are, the more repairs go with it", () => {
  const single = planner({ every: 20, burst: 1 }, 30_000, 0.2);
  const bursts = planner({ every: 80, burst: 4 }, 30_000, 0.2);
  for (let asked = 1; asked < 60; asked++) {
    assert.ok(bursts.repairsWithLast(asked) >= 1);
    assert.ok(bursts.repairsWithLast(asked + 1) >= bursts.repairsWithLast(asked));
    assert.ok(bursts.repairsWithLast(asked) >= single.repairsWithLast(asked));
  }
});

test("the chance of losses agrees with drawing them", () => {
  const random = seededRandom(3);
  for (const { ratio, burst, packets, most, apart } of [
    { ratio: 0.05, burst: 4, packets: 20, most: 3, apart: 1 },
    { ratio: 0.1, burst: 1 / 0.9, packets: 20, most: 3, apart: 1 },
    { ratio: 0.05, burst: 6, packets: 8, most: 1, apart: 3 },
  ]) {
    const toGood = 1 / burst;
    const toBad = ratio / (burst * (1 - ratio));
    const rounds = 40_000;
    let more = 0;
    for (let round = 0; round < rounds; round++) {
      let bad = random() < ratio;
      let lost = 0;
      for (let packet = 0; packet < packets; packet++) {
        if (bad) lost++;
        for (let step = 0; step < apart; step++) bad = bad ? random() >= toGood : random() < toBad;
      }
      if (lost > most) more++;
    }
    const chance = chanceOfMoreLost(most, packets, { ratio, burst }, apart);
    assert.ok(Math.abs(more / rounds / chance - 1) < 0.12, `${more / rounds} ${chance}`);
  }
});

test("losses that are independent are not correlated, and a chance is one", () => {
  assert.ok(lossCorrelation({ ratio: 0.1, burst: 1 / 0.9 }) < 1e-9);
  for (let packets = 1; packets < 40; packets++)
    for (let most = 0; most <= packets; most++) {
      const chance = chanceOfMoreLost(most, packets, { ratio: 0.2, burst: 3 }, 1);
      assert.ok(chance >= 0 && chance <= 1);
      if (most === packets) assert.equal(chance, 0);
    }
});
