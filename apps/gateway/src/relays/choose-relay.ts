import type { RelayMeasurement } from "@wavry/signaling";
import type { OfferedRelay } from "./choose-offers.ts";

/** Sums of round trips within one such step are alike: then score and load decide. */
const RTT_STEP_MS = 25;
const SCORE_STEP = 0.1;
/** What a side that did not measure a relay is taken to be away from it. */
const UNKNOWN_RTT_MS = 150;
/** A relay on trial is taken where it is at most so much further than the best. */
const TRIAL = { factor: 1.5, millis: 30 } as const;

/** What both sides measured; undefined: that side told nothing. */
export interface Measured {
  readonly client: readonly RelayMeasurement[] | undefined;
  readonly host: readonly RelayMeasurement[] | undefined;
}

/**
 * The best relay by the sum of both sides' round trips, then score, then load. One that a side asked and that did not answer is out.
 * Undefined: none is left.
 */
export function chooseRelay<T extends OfferedRelay>(
  relays: readonly T[],
  measured: Measured,
): T | undefined {
  const places = relays
    .map((relay) => ({
      relay,
      rtt: rttOf(relay.id, measured.client) + rttOf(relay.id, measured.host),
    }))
    .filter(({ rtt }) => Number.isFinite(rtt))
    .sort((a, b) => compare(a, b));
  const best = places[0];
  if (best === undefined || best.relay.state !== "active") return best?.relay;
  // It is among the offers because it is its turn to show what it can do.
  const trial = places.find(({ relay }) => relay.state !== "active");
  return trial !== undefined && trial.rtt <= best.rtt * TRIAL.factor + TRIAL.millis
    ? trial.relay
    : best.relay;
}

/** Milliseconds, by the better of UDP and TLS; Infinity where neither answered. */
function rttOf(id: string, measured: readonly RelayMeasurement[] | undefined): number {
  const own = measured?.filter(({ relay }) => relay === id) ?? [];
  if (own.length === 0) return UNKNOWN_RTT_MS;
  return Math.min(...own.map(({ rttMillis }) => rttMillis ?? Number.POSITIVE_INFINITY));
}

interface Place {
  readonly relay: OfferedRelay;
  readonly rtt: number;
}

function compare(a: Place, b: Place): number {
  const steps = (value: number, step: number) => Math.floor(value / step);
  return (
    steps(a.rtt, RTT_STEP_MS) - steps(b.rtt, RTT_STEP_MS) ||
    steps(b.relay.score, SCORE_STEP) - steps(a.relay.score, SCORE_STEP) ||
    a.relay.load - b.relay.load ||
    a.rtt - b.rtt ||
    (a.relay.id < b.relay.id ? -1 : 1)
  );
}
