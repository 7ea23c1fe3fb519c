import type { Micros } from "../../micros.ts";

/** How careful DELTA is on a path (spec/delta.md §7). */
export interface DeltaProfile {
  readonly name: "local" | "regional" | "intercontinental";
  /** Queueing delay that is over the budget. */
  readonly budgetMicros: Micros;
  /** Queueing delay that is nobody's fault: scheduling, jitter, a frame's own length. */
  readonly idleMicros: Micros;
  /** A standing queue is to be gone after this. */
  readonly drainMicros: Micros;
  /** Share of the measured capacity that is used on a steady path, … */
  readonly share: number;
  /** … less this times its variation, … */
  readonly caution: number;
  /** … but no less than this. */
  readonly minShare: number;
  /** Time constant of the way up. */
  readonly riseMicros: Micros;
  /** A new frame waits while more than this, beyond the round trip, would be before it. */
  readonly holdMicros: Micros;
}

const REGIONAL: DeltaProfile = {
  name: "regional",
  budgetMicros: 15_000,
  idleMicros: 4_000,
  drainMicros: 100_000,
  share: 0.95,
  caution: 0.05,
  minShare: 0.8,
  riseMicros: 60_000,
  holdMicros: 25_000,
};

/** By the least round trip of the path: up to 10 ms, up to 50 ms, and beyond. */
export const DELTA_PROFILES: readonly {
  readonly upToMicros: Micros;
  readonly profile: DeltaProfile;
}[] = [
  {
    upToMicros: 10_000,
    profile: { ...REGIONAL, name: "local", idleMicros: 2_000, riseMicros: 60_000 },
  },
  { upToMicros: 50_000, profile: REGIONAL },
  {
    upToMicros: Infinity,
    profile: {
      ...REGIONAL,
      name: "intercontinental",
      budgetMicros: 25_000,
      drainMicros: 200_000,
      share: 0.93,
      riseMicros: 400_000,
      holdMicros: 40_000,
    },
  },
];

/** The profile for a path with this least round trip. */
export function deltaProfile(minRttMicros: Micros): DeltaProfile {
  for (const { upToMicros, profile } of DELTA_PROFILES)
    if (minRttMicros <= upToMicros) return profile;
  return REGIONAL;
}
