import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type FleetSimulation,
  mulberry32,
  type SimulatedRelay,
  simulateFleet,
} from "./fleet-simulation.ts";

const SEEDS = [1, 2];

const GOOD: readonly SimulatedRelay[] = Array.from({ length: 8 }, (_, index) => ({
  id: `good-${index}`,
  conduct: () => ({ success: 0.99, lossPercent: 0.2 }),
  ...{ isGood: true, load: 0.2 + 0.05 * index, rttMillis: 20 + 5 * index },
}));

/** All answer measurements at once and tell of an idle machine. */
const BAD: readonly SimulatedRelay[] = [
  { id: "drops-a-third", conduct: () => ({ success: 0.9, lossPercent: 33 }) },
  { id: "drops-a-tenth", conduct: () => ({ success: 0.97, lossPercent: 12 }) },
  { id: "connects-a-third", conduct: () => ({ success: 0.33, lossPercent: 0 }) },
  {
    id: "good-for-a-hundred",
    conduct: (carried: number) =>
      carried < 100 ? { success: 0.99, lossPercent: 0.2 } : { success: 0.5, lossPercent: 25 },
  },
].map((relay) => ({ ...relay, isGood: false, load: 0, rttMillis: 5 }));

const SIMULATION: Omit<FleetSimulation, "seed"> = {
  sessions: 10_000,
  accounts: 500,
  liars: 0.2,
  relays: [...GOOD, ...BAD],
  everyMillis: 10_000,
  lie: ({ isGood }) =>
    isGood
      ? { connected: false, rttMillis: null, lossPercent: 100, seconds: 5 }
      : { connected: true, rttMillis: 10, lossPercent: 0, seconds: 600 },
};

test("of 10,000 sessions with 20 % liars, at most 4 % land on relays that drop packets and none of the last 5,000, all 8 good relays end active, all 4 bad ones quarantined or banned", () => {
  for (const seed of SEEDS) {
    const outcome = simulateFleet({ ...SIMULATION, seed });
    for (const { id, isGood } of SIMULATION.relays) {
      const { state } = outcome.standing.get(id)!;
      if (isGood) assert.equal(state, "active", `${id}, seed ${seed}`);
      else assert.match(state, /^(quarantined|banned)$/, `${id}, seed ${seed}`);
    }
    assert.ok(outcome.badShare <= 0.04, `${outcome.badShare}, seed ${seed}`);
    assert.equal(outcome.badShareLate, 0, `seed ${seed}`);
    assert.ok(outcome.trustInLiars < 0.1 && outcome.trustInHonest > 0.9, `seed ${seed}`);
  }
});

test("of 10,000 sessions with 20 % liars who tell whatever comes to mind, at most 4 % land on bad relays, and all 8 good ones end active", () => {
  for (const seed of SEEDS) {
    const random = mulberry32(seed + 100);
    const lie = () => ({
      connected: random() < 0.5,
      ...{ rttMillis: Math.floor(random() * 1_000), lossPercent: random() * 100, seconds: 60 },
    });
    const outcome = simulateFleet({ ...SIMULATION, seed, lie });
    for (const { id } of GOOD)
      assert.equal(outcome.standing.get(id)!.state, "active", `${id}, seed ${seed}`);
    assert.ok(outcome.badShare <= 0.04, `${outcome.badShare}, seed ${seed}`);
  }
});

test("where every relay is good and 20 % of 500 accounts lie about them, none is ever taken out in 10,000 sessions", () => {
  for (const seed of SEEDS) {
    const outcome = simulateFleet({ ...SIMULATION, seed, relays: GOOD });
    for (const { id } of GOOD)
      assert.equal(outcome.standing.get(id)!.quarantines, 0, `${id}, seed ${seed}`);
  }
});
