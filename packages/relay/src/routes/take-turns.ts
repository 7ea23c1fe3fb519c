import { type Micros, SECOND } from "@wavry/rift-core";

/** What a supply holds. */
export interface BucketSize {
  /** Turns at first, and at most. */
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * A supply in two doubles at `at`, turns left and as of when: fills it up to `now`, and gives how many there are. Nothing
 * is taken.
 */
export function refill(
  doubles: Float64Array,
  at: number,
  { burst, perSecond }: BucketSize,
  now: Micros,
): number {
  const since = now - doubles[at + 1]!;
  if (since <= 0) return doubles[at]!;
  doubles[at + 1] = now;
  const turns = Math.min(burst, doubles[at]! + (since * perSecond) / SECOND);
  doubles[at] = turns;
  return turns;
}

/** Takes turns from such a supply; false, and nothing is taken, where there are fewer. */
export function takeTurns(
  doubles: Float64Array,
  at: number,
  size: BucketSize,
  use: { readonly now: Micros; readonly turns: number },
): boolean {
  if (refill(doubles, at, size, use.now) < use.turns) return false;
  doubles[at] = doubles[at]! - use.turns;
  return true;
}
