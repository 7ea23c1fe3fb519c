import type { RelayMeasurement, RelayQuality } from "@wavry/signaling";
import { chooseOffers } from "../../src/relays/choose-offers.ts";
import { chooseRelay } from "../../src/relays/choose-relay.ts";
import {
  agreesWithOthers,
  type JudgedSession,
  judgeRelay,
  QUALITY,
  type QualityVerdict,
} from "../../src/relays/relay-quality.ts";
import {
  mayServe,
  newStanding,
  type Standing,
  stepStanding,
} from "../../src/relays/relay-standing.ts";
import {
  noteReporter,
  type ReporterRecord,
  trustOf,
  UNKNOWN_REPORTER,
} from "../../src/relays/reporter-trust.ts";
import type { ServingState } from "../../src/relays/serving-relay.ts";

/** How a relay serves session after session: the share that comes about, and the percent that is lost. */
export interface Conduct {
  readonly success: number;
  readonly lossPercent: number;
}

/** One relay of a simulated fleet. */
export interface SimulatedRelay {
  readonly id: string;
  /** By how many sessions it carried so far. */
  readonly conduct: (carried: number) => Conduct;
  readonly isGood: boolean;
  /** What it tells of its load, whatever that is. */
  readonly load: number;
  /** Round trip of each side, milliseconds. */
  readonly rttMillis: number;
}

export interface FleetSimulation {
  readonly seed: number;
  readonly sessions: number;
  readonly accounts: number;
  /** Share of the accounts that lie. */
  readonly liars: number;
  readonly relays: readonly SimulatedRelay[];
  /** How a liar tells of a session. */
  readonly lie: (relay: SimulatedRelay) => RelayQuality;
  /** Between two sessions. */
  readonly everyMillis: number;
}

export interface FleetOutcome {
  readonly standing: ReadonlyMap<string, Standing>;
  readonly verdicts: ReadonlyMap<string, QualityVerdict>;
  /** Sessions on each relay. */
  readonly carried: ReadonlyMap<string, number>;
  /** Share of all sessions that landed on relays that are bad, and the same of the second half. */
  readonly badShare: number;
  readonly badShareLate: number;
  /** Mean trust in liars and in the others. */
  readonly trustInLiars: number;
  readonly trustInHonest: number;
}

/** Runs sessions one after another, each judged as the gateway judges it. */
export function simulateFleet(simulation: FleetSimulation): FleetOutcome {
  const random = mulberry32(simulation.seed);
  const pick = (count: number) => Math.floor(random() * count);
  const { relays, accounts, liars } = simulation;
  const isLiar = (account: number) => account < accounts * liars;
  const reporters = new Map<string, ReporterRecord>();
  const trust = (reporter: string) => trustOf(reporters.get(reporter) ?? UNKNOWN_REPORTER);
  const standing = new Map<string, Standing>();
  const windows = new Map<string, (JudgedSession & { readonly at: number })[]>();
  const verdicts = new Map<string, QualityVerdict>();
  const carried = new Map<string, number>();
  let now = 0;
  for (const { id } of relays) {
    const allowed = stepStanding(newStanding(now), { type: "allowed" }, now);
    standing.set(id, stepStanding(allowed, { type: "checked", reachable: true }, now));
    windows.set(id, []);
    verdicts.set(id, judgeRelay([], trust));
    carried.set(id, 0);
  }
  let bad = 0;
  let badLate = 0;
  for (let session = 0; session < simulation.sessions; session++) {
    now += simulation.everyMillis;
    for (const { id } of relays) {
      const before = standing.get(id)!;
      let after = stepStanding(before, { type: "tick", ...verdicts.get(id)! }, now);
      if (after.state === "new")
        after = stepStanding(after, { type: "checked", reachable: true }, now);
      if (after.judgedFrom !== before.judgedFrom) {
        windows.set(id, []);
        verdicts.set(id, judgeRelay([], trust));
      }
      standing.set(id, after);
    }
    const serving = relays
      .filter(({ id }) => mayServe(standing.get(id)!.state))
      .map((relay) => ({
        ...{ id: relay.id, region: "", load: relay.load, relay },
        state: standing.get(relay.id)!.state as ServingState,
        score: verdicts.get(relay.id)!.score,
      }));
    const offers = chooseOffers(serving, { random });
    const measure = (): RelayMeasurement[] =>
      offers.map(({ relay }) => ({
        ...{ relay: relay.id, over: "udp" },
        rttMillis: relay.rttMillis * (0.7 + 0.6 * random()),
      }));
    const chosen = chooseRelay(offers, { client: measure(), host: measure() });
    if (chosen === undefined) continue;
    const { relay } = chosen;
    const count = carried.get(relay.id)!;
    carried.set(relay.id, count + 1);
    if (!relay.isGood) {
      bad++;
      if (session >= simulation.sessions / 2) badLate++;
    }
    const { success, lossPercent } = relay.conduct(count);
    const isBadNetwork = random() < 0.03;
    const connected = random() < success && !(isBadNetwork && random() < 0.3);
    const truth = (): RelayQuality => ({
      connected,
      rttMillis: connected ? Math.round(relay.rttMillis * (0.8 + 0.4 * random())) : null,
      lossPercent: isBadNetwork ? 6 : lossPercent * (0.5 + random()),
      seconds: 60,
    });
    const sides = [pick(accounts), pick(accounts)];
    // Some say nothing.
    const reports = sides
      .filter(() => random() < 0.9)
      .map((account) => ({
        reporter: `account-${account}`,
        quality: isLiar(account) ? simulation.lie(relay) : truth(),
      }));
    if (reports.length === 0) continue;
    const window = windows.get(relay.id)!;
    for (const { reporter, quality } of reports) {
      const others = window.filter((one) => one.reports.every((r) => r.reporter !== reporter));
      const agrees = agreesWithOthers(quality, others, trust);
      if (agrees !== undefined)
        reporters.set(reporter, noteReporter(reporters.get(reporter) ?? UNKNOWN_REPORTER, agrees));
    }
    window.unshift({ reports, at: now });
    if (window.length > QUALITY.window) window.pop();
    const verdict = judgeRelay(window, trust);
    verdicts.set(relay.id, verdict);
    standing.set(
      relay.id,
      stepStanding(standing.get(relay.id)!, { type: "judged", ...verdict }, now),
    );
  }
  const meanTrust = (wanted: boolean) => {
    let sum = 0;
    let count = 0;
    for (let account = 0; account < accounts; account++)
      if (isLiar(account) === wanted) {
        sum += trust(`account-${account}`);
        count++;
      }
    return count === 0 ? 0 : sum / count;
  };
  return {
    ...{ standing, verdicts, carried, badShare: bad / simulation.sessions },
    badShareLate: badLate / (simulation.sessions / 2),
    trustInLiars: meanTrust(true),
    trustInHonest: meanTrust(false),
  };
}

/** Numbers from 0 to 1 by a seed. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
