import { MAX_RELAY_OFFERS } from "@wavry/signaling";
import type { ServingState } from "./serving-relay.ts";

/** How often a session is offered a relay that is on probation or degraded, where active ones are there. */
export const TRIAL_SHARE = 0.1;
/** A relay as busy as that takes no new session. */
const FULL = 0.95;

/** What of a relay the choice goes by. */
export interface OfferedRelay {
  readonly id: string;
  readonly state: ServingState;
  readonly region: string;
  /** 0 to 1. */
  readonly score: number;
  /** 0 to 1. */
  readonly load: number;
}

/** How offers are chosen. */
export interface OfferWish {
  /** Regions in which the two devices used relays before, the latest first. */
  readonly regions?: readonly string[];
  readonly avoid?: readonly string[];
  /** 0 ≤ … < 1; each call another. */
  readonly random: () => number;
}

/**
 * Up to three relays for a session, the better first: by chance, in proportion to score and free capacity, one from each region before
 * a second of the same, so that what both sides measure decides. Relays on probation and degraded ones are on trial: one of them is offered
 * now and then, and all where no other is there.
 */
export function chooseOffers<T extends OfferedRelay>(relays: readonly T[], wish: OfferWish): T[] {
  const { random, avoid = [], regions = [] } = wish;
  const free = relays.filter(({ id, load }) => load < FULL && !avoid.includes(id));
  const of = (state: ServingState) =>
    shuffled(
      free.filter((relay) => relay.state === state),
      random,
    );
  const active = byRegion(of("active"), regions);
  const probation = of("probation");
  const degraded = of("degraded");
  if (active.length === 0)
    return [...byRegion(probation, regions), ...degraded].slice(0, MAX_RELAY_OFFERS);
  const trials = [...probation, ...degraded];
  // One chance for all together, however many there are: the share of what is unproven is bounded.
  if (trials.length === 0 || random() >= TRIAL_SHARE) return active.slice(0, MAX_RELAY_OFFERS);
  const trial = trials[Math.floor(random() * trials.length)]!;
  return [...active.slice(0, MAX_RELAY_OFFERS - 1), trial];
}

/** In an order of chance, in which the weightier come sooner (Efraimidis and Spirakis, 2006). */
function shuffled<T extends OfferedRelay>(relays: readonly T[], random: () => number): T[] {
  const key = ({ score, load }: T) =>
    Math.max(random(), Number.MIN_VALUE) ** (1 / Math.max(1e-3, score ** 2 * (1 - load)));
  return relays
    .map((relay) => ({ relay, key: key(relay) }))
    .sort((a, b) => b.key - a.key)
    .map(({ relay }) => relay);
}

/** The first of each region before the second of any; known regions first. */
function byRegion<T extends OfferedRelay>(relays: readonly T[], known: readonly string[]): T[] {
  const groups = new Map<string, T[]>();
  for (const relay of relays)
    groups.set(relay.region, [...(groups.get(relay.region) ?? []), relay]);
  const rank = (region: string) => {
    const at = known.indexOf(region);
    return at < 0 ? known.length : at;
  };
  const ordered = [...groups].sort(([a], [b]) => rank(a) - rank(b)).map(([, group]) => group);
  const longest = Math.max(0, ...ordered.map((group) => group.length));
  const out: T[] = [];
  for (let round = 0; round < longest; round++)
    for (const group of ordered) if (group[round] !== undefined) out.push(group[round]!);
  return out;
}
