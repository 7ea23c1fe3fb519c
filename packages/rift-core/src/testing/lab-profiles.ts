import { MILLISECOND, type Micros, SECOND } from "../micros.ts";
import type { LabLinkOptions, LinkQueue } from "./lab-link.ts";
import type { LinkRate, Outage } from "./link-rate.ts";
import { parseMahimahi } from "./mahimahi.ts";

/** A link that has a name: both its directions, as `LabLink` takes them. */
export interface LabProfile {
  readonly name: string;
  /** One line that says what it is like. */
  readonly summary: string;
  /** Host to client, the way of the video; its seed is 1. */
  readonly forward: LabLinkOptions;
  /** Client to host; its seed is 2. */
  readonly backward: LabLinkOptions;
  /** The round trip without queues. */
  readonly rttMicros: Micros;
  /** Other traffic that shares the forward direction. */
  readonly crossTraffic?: "cubic";
  /** A run that shows it all. */
  readonly seconds: number;
}

/** Reads the text of a trace by its file name; throws where it is missing. */
export type TraceReader = (file: string) => string;

type Direction = Omit<LabLinkOptions, "seed" | "delayMicros">;

interface Recipe {
  readonly summary: string;
  readonly rttMillis: number;
  readonly seconds?: number;
  readonly crossTraffic?: "cubic";
  readonly both?: Direction;
  readonly forward?: Direction;
  /** Mahimahi files of the two directions; without a second one, the way back only has its delay. */
  readonly traces?: readonly [forward: string, backward?: string];
}

const DEEP_QUEUE: LinkQueue = { kind: "drop-tail", maxMicros: 2 * SECOND };
const OUTAGE: Outage = { from: 20 * SECOND, until: 23 * SECOND };

const RECIPES: Readonly<Record<string, Recipe>> = {
  lan: {
    summary: "100 Mbps, 0.5 ms round trip",
    rttMillis: 0.5,
    both: plain(100, 50),
  },
  "wifi-bursty": {
    summary: "50 Mbps, 5 ms round trip, 2 % lost in bursts of 5 packets each way",
    rttMillis: 5,
    both: { ...plain(50, 100), loss: { kind: "gilbert-elliott", ratio: 0.02, burst: 5 } },
  },
  home: {
    summary: "20 Mbps, 20 ms round trip, buffer of 100 ms",
    rttMillis: 20,
    both: plain(20, 100),
  },
  "lte-verizon": {
    summary: "a Verizon LTE trace, 30 ms round trip, deep buffer",
    rttMillis: 30,
    seconds: 120,
    traces: ["Verizon-LTE-short.down"],
  },
  "lte-verizon-both": {
    summary: "the same with the trace of the way back",
    rttMillis: 30,
    seconds: 120,
    traces: ["Verizon-LTE-short.down", "Verizon-LTE-short.up"],
  },
  "lte-tmobile": {
    summary: "a T-Mobile LTE trace, 30 ms round trip, deep buffer",
    rttMillis: 30,
    seconds: 120,
    traces: ["TMobile-LTE-short.down"],
  },
  "lte-att": {
    summary: "an AT&T LTE trace from a moving car, 30 ms round trip, deep buffer",
    rttMillis: 30,
    seconds: 120,
    traces: ["ATT-LTE-driving-2016.down"],
  },
  "lte-att-both": {
    summary: "the same with the trace of the way back, which stands still for seconds at times",
    rttMillis: 30,
    seconds: 120,
    traces: ["ATT-LTE-driving-2016.down", "ATT-LTE-driving-2016.up"],
  },
  bufferbloat: {
    summary: "5 Mbps, 30 ms round trip, buffer of 1 s",
    rttMillis: 30,
    both: plain(5, 1000),
  },
  step: {
    summary: "20 Mbps, 5 Mbps from 20 s to 40 s, 30 ms round trip",
    rttMillis: 30,
    forward: {
      ...plain(20, 200),
      rate: {
        kind: "steps",
        steps: [
          { at: 0, bps: 20_000_000 },
          { at: 20 * SECOND, bps: 5_000_000 },
          { at: 40 * SECOND, bps: 20_000_000 },
        ],
      },
    },
  },
  outage: {
    summary: "20 Mbps, 30 ms round trip, nothing passes from 20 s to 23 s",
    rttMillis: 30,
    both: { ...plain(20, 200), outages: [OUTAGE] },
  },
  intercontinental: {
    summary: "20 Mbps, 150 ms round trip",
    rttMillis: 150,
    both: plain(20, 200),
  },
  satellite: {
    summary: "20 Mbps, 600 ms round trip",
    rttMillis: 600,
    both: plain(20, 600),
  },
  reorder: {
    summary: "20 Mbps, 30 ms round trip, 3 % come 5 ms late, 0.5 % come twice",
    rttMillis: 30,
    both: {
      ...plain(20, 100),
      reorderRatio: 0.03,
      reorderMicros: 5 * MILLISECOND,
      duplicateRatio: 0.005,
    },
  },
  cubic: {
    summary: "20 Mbps, 20 ms round trip, buffer of 100 ms, beside a greedy TCP CUBIC flow",
    rttMillis: 20,
    crossTraffic: "cubic",
    both: plain(20, 100),
  },
  l4s: {
    summary: "20 Mbps, 20 ms round trip, marks (ECN CE) what waited for 1 ms",
    rttMillis: 20,
    both: {
      rate: mbps(20),
      queue: { kind: "mark", thresholdMicros: MILLISECOND, maxMicros: 100 * MILLISECOND },
      ecn: true,
    },
  },
};

/** The names of all profiles. */
export const LAB_PROFILES: readonly string[] = Object.keys(RECIPES);

/** What a profile is like, in a line. Throws RangeError for a name that is none. */
export function labProfileSummary(name: string): string {
  return recipeOf(name).summary;
}

/**
 * A profile by its name. Those of LTE need `traces`, and throw what it throws. Throws RangeError for a name that is
 * none.
 */
export function labProfile(
  name: string,
  options: { readonly traces?: TraceReader } = {},
): LabProfile {
  const recipe = recipeOf(name);
  const rttMicros = recipe.rttMillis * MILLISECOND;
  const delayMicros = rttMicros / 2;
  const [forwardTrace, backwardTrace] = recipe.traces ?? [];
  return {
    name,
    summary: recipe.summary,
    rttMicros,
    seconds: recipe.seconds ?? 60,
    ...(recipe.crossTraffic && { crossTraffic: recipe.crossTraffic }),
    forward: {
      ...recipe.both,
      ...recipe.forward,
      ...traceOf(name, forwardTrace, options.traces),
      seed: 1,
      delayMicros,
    },
    backward: {
      ...recipe.both,
      ...traceOf(name, backwardTrace, options.traces),
      seed: 2,
      delayMicros,
    },
  };
}

function recipeOf(name: string): Recipe {
  const recipe = Object.hasOwn(RECIPES, name) ? RECIPES[name] : undefined;
  if (recipe === undefined) throw new RangeError(`no link is called ${name}`);
  return recipe;
}

function traceOf(name: string, file: string | undefined, read: TraceReader | undefined): Direction {
  if (file === undefined) return {};
  if (read === undefined) throw new RangeError(`${name} needs the trace ${file}`);
  return { rate: parseMahimahi(read(file)), queue: DEEP_QUEUE };
}

function plain(rateMbps: number, bufferMillis: number): Direction {
  return {
    rate: mbps(rateMbps),
    queue: { kind: "drop-tail", maxMicros: bufferMillis * MILLISECOND },
  };
}

function mbps(rateMbps: number): LinkRate {
  return { kind: "fixed", bps: rateMbps * 1_000_000 };
}
