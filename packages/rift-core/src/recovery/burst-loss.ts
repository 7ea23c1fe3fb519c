/** The two-state model of Gilbert and Elliott: in the good state no packet is lost, in the bad one each is. */
export interface BurstLoss {
  /** Share of packets, 0..1. */
  readonly ratio: number;
  /** Mean length of a burst in packets, from 1 on. */
  readonly burst: number;
}

/** How strongly two packets next to each other share their fate, 0 (not at all) to below 1. */
export function lossCorrelation({ ratio, burst }: BurstLoss): number {
  if (ratio >= 1) return 0;
  return Math.max(0, 1 - 1 / burst - ratio / (burst * (1 - ratio)));
}

/** Scratch for the chance of every number of losses, after a packet that arrived and after one that was lost. */
const MAX_LOST = 256;
const good: Float64Array = new Float64Array(MAX_LOST + 2);
const bad: Float64Array = new Float64Array(MAX_LOST + 2);

/**
 * The chance that more than `most` of `packets` packets are lost that go out with `apart` - 1 others between each and
 * the next. `most` below 256.
 */
export function chanceOfMoreLost(
  most: number,
  packets: number,
  loss: BurstLoss,
  apart: number,
): number {
  const { ratio } = loss;
  if (most >= packets || ratio <= 0) return 0;
  const limit = Math.min(most, MAX_LOST);
  const kept = lossCorrelation(loss) ** apart;
  const toBad = ratio * (1 - kept);
  const stayBad = ratio + (1 - ratio) * kept;
  good.fill(0, 0, limit + 1);
  bad.fill(0, 0, limit + 1);
  good[0] = 1 - ratio;
  if (limit >= 1) bad[1] = ratio;
  for (let packet = 1; packet < packets; packet++)
    for (let lost = Math.min(packet + 1, limit); lost >= 0; lost--) {
      const fromGood = lost > 0 ? good[lost - 1]! : 0;
      const fromBad = lost > 0 ? bad[lost - 1]! : 0;
      good[lost] = good[lost]! * (1 - toBad) + bad[lost]! * (1 - stayBad);
      bad[lost] = fromGood * toBad + fromBad * stayBad;
    }
  let within = 0;
  for (let lost = 0; lost <= limit; lost++) within += good[lost]! + bad[lost]!;
  return Math.max(0, 1 - within);
}
