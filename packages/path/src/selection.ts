import type { Micros } from "@wavry/rift-core";
import type { Candidate, PathKind } from "./candidate.ts";
import { PATH_TIMES, QUICKER_SHARE } from "./constants.ts";

const RANKS: Readonly<Record<PathKind, number>> = {
  local: 0,
  reflexive: 0,
  mapped: 0,
  "peer-reflexive": 0,
  relay: 1,
  "relay-tls": 2,
};

/** The lower, the better: direct, relay, relay over TLS (spec/path.md §6). */
export function rankOf({ kind }: { readonly kind: PathKind }): number {
  return RANKS[kind];
}

/** Whether packets go from peer to peer. */
export function isDirect(path: { readonly kind: PathKind }): boolean {
  return rankOf(path) === 0;
}

/** The best of some by rank, then round trip; undefined where there is none. */
export function bestOf(candidates: Iterable<Candidate>): Candidate | undefined {
  let best: Candidate | undefined;
  for (const one of candidates) if (best === undefined || order(one, best) < 0) best = one;
  return best;
}

/** Whether `other`, of the same rank, is so much quicker than `selected` that a change is worth it. */
export function isMuchQuicker(other: Candidate, selected: Candidate): boolean {
  const [rtt, present] = [other.rttMicros, selected.rttMicros];
  if (rtt === undefined || present === undefined) return false;
  if (!other.isMeasured || !selected.isMeasured) return false;
  return rtt + Math.max(PATH_TIMES.quickerMicros, present * QUICKER_SHARE) < present;
}

/** How long a path that has died so many times is not preferred to others. */
export function holdMicros(deaths: number): Micros {
  return Math.min(PATH_TIMES.maxHoldMicros, PATH_TIMES.holdMicros * 2 ** Math.min(20, deaths - 1));
}

function order(a: Candidate, b: Candidate): number {
  return rankOf(a) - rankOf(b) || (a.rttMicros ?? Infinity) - (b.rttMicros ?? Infinity) || 0;
}
