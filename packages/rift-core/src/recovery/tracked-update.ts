import type { Micros } from "../micros.ts";
import { MAX_FRAGMENTS } from "../video-fragment.ts";

/** What is known of a fragment. */
export const FragmentState = { unknown: 0, received: 1, suspect: 2, asked: 3 } as const;

/** What is known of an update's fragments. */
export interface TrackedUpdate {
  /** 0: free. */
  frameId: number;
  /** 0: nothing of it came in, so that nobody knows; entry 0 below then stands for all of it. */
  count: number;
  received: number;
  /** Every fragment before this one came in. */
  low: number;
  /** One more than the highest index that came in or is taken for lost. */
  high: number;
  /** When its first fragment came in, or would have. */
  firstSeenAt: Micros;
  lastArrivalAt: Micros;
  /** Fragments that are suspect or asked for. */
  open: number;
  states: Uint8Array;
  rounds: Uint8Array;
  /** Of a suspect: since when, and after how many packets. Of one asked for: since when in this round. */
  since: Float64Array;
  evidence: Float64Array;
}

const FIRST_ENTRIES = 64;

/** A place for an update. */
export function newTrackedUpdate(): TrackedUpdate {
  return {
    frameId: 0,
    count: 0,
    received: 0,
    low: 0,
    high: 0,
    firstSeenAt: 0,
    lastArrivalAt: 0,
    open: 0,
    states: new Uint8Array(FIRST_ENTRIES),
    rounds: new Uint8Array(FIRST_ENTRIES),
    since: new Float64Array(FIRST_ENTRIES),
    evidence: new Float64Array(FIRST_ENTRIES),
  };
}

/** The first fragment of an update came in: what was known of the whole holds for each. */
export function learnCount(tracked: TrackedUpdate, count: number): void {
  tracked.count = Math.min(count, MAX_FRAGMENTS);
  if (tracked.states.length < tracked.count) grow(tracked, tracked.count);
  const state = tracked.states[0]!;
  tracked.states.fill(state, 0, tracked.count);
  tracked.rounds.fill(tracked.rounds[0]!, 0, tracked.count);
  tracked.since.fill(tracked.since[0]!, 0, tracked.count);
  tracked.evidence.fill(tracked.evidence[0]!, 0, tracked.count);
  const known = state !== FragmentState.unknown;
  tracked.open = known ? tracked.count : 0;
  tracked.high = known ? tracked.count : 0;
}

function grow(tracked: TrackedUpdate, entries: number): void {
  const capacity = Math.min(MAX_FRAGMENTS, 2 ** Math.ceil(Math.log2(entries)));
  const { states, rounds, since, evidence } = tracked;
  tracked.states = new Uint8Array(capacity);
  tracked.rounds = new Uint8Array(capacity);
  tracked.since = new Float64Array(capacity);
  tracked.evidence = new Float64Array(capacity);
  tracked.states[0] = states[0]!;
  tracked.rounds[0] = rounds[0]!;
  tracked.since[0] = since[0]!;
  tracked.evidence[0] = evidence[0]!;
}
