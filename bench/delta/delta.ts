/** `npm run bench -- delta`: congestion controllers on emulated links, in virtual time, with a real encoder's frames. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CongestionController,
  type CongestionOptions,
  DeltaController,
  type Micros,
  SECOND,
} from "@wavry/rift-core";
import {
  type FlowsResult,
  type FrameSizes,
  LAB_PROFILES,
  type LabProfile,
  labProfile,
  MediaFlow,
  parseMahimahi,
  simulateFlows,
} from "@wavry/rift-core/testing";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { progress } from "../lib/progress.ts";
import { type Row, sampleRow, valueRow } from "../lib/rows.ts";
import { UsageError } from "../lib/usage-error.ts";
import { createFixed, createGcc, createScream, REPORT_MICROS } from "./controllers/index.ts";
import { drawCourse } from "./course-picture.ts";
import {
  clearMillis,
  frameDelays,
  freezesPerMinute,
  jainIndex,
  regainMillis,
  stallsPerMinute,
} from "./figures.ts";
import { recordFrameTrace } from "./frame-trace.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TRACES = fileURLToPath(new URL("../../../shared/traces/", import.meta.url));
const FROM: Micros = 10 * SECOND;
const FAIR_START_MICROS: Micros = 5 * SECOND;
const CEILING_BPS = 30_000_000;
const OPTIONS: CongestionOptions = {
  startBps: 2_000_000,
  minBps: 200_000,
  maxBps: CEILING_BPS,
  maxFps: 60,
};
/** What a person sets by hand: the default of a well-known game streamer at 1080p60. */
const FIXED_BPS = 20_000_000;

const CONTROLLERS: readonly string[] = ["delta", "gcc", "scream", "fixed-fec"];

function create(name: string): CongestionController {
  if (name === "delta") return new DeltaController(OPTIONS);
  if (name === "gcc") return createGcc(OPTIONS);
  if (name === "scream") return createScream(OPTIONS);
  return createFixed({ ...OPTIONS, startBps: FIXED_BPS });
}

function readTrace(file: string): string {
  return readFileSync(join(TRACES, file), "utf8");
}

function chosenProfiles(options: BenchOptions): { profiles: LabProfile[]; failures: string[] } {
  if (options.trace !== undefined) return { profiles: [traceProfile(options)], failures: [] };
  const failures: string[] = [];
  const profiles: LabProfile[] = [];
  for (const name of options.profiles ?? LAB_PROFILES) {
    if (!LAB_PROFILES.includes(name)) throw new UsageError(`no link is called "${name}"`);
    try {
      profiles.push(labProfile(name, { traces: readTrace }));
    } catch (error) {
      failures.push(`${name}: ${(error as Error).message}`);
    }
  }
  return { profiles, failures };
}

function traceProfile({
  trace = "",
  rttMillis = 30,
  queueMillis = 2000,
}: BenchOptions): LabProfile {
  let text: string;
  try {
    text = readFileSync(trace, "utf8");
  } catch (cause) {
    throw new UsageError(`cannot read the trace ${trace}`, { cause });
  }
  const rttMicros = rttMillis * 1000;
  const delayMicros = rttMicros / 2;
  return {
    name: basename(trace),
    summary: "a trace",
    forward: {
      seed: 1,
      rate: parseMahimahi(text),
      queue: { kind: "drop-tail", maxMicros: queueMillis * 1000 },
      delayMicros,
    },
    backward: { seed: 2, delayMicros },
    rttMicros,
    seconds: 120,
  };
}

interface Run {
  readonly flows: readonly MediaFlow[];
  readonly result: FlowsResult;
}

function run(
  profile: LabProfile,
  controllers: readonly string[],
  trace: FrameSizes,
  seconds: number,
): Run {
  const until = FROM + seconds * SECOND;
  const flows = controllers.map(
    (name, id) =>
      new MediaFlow({
        ...{
          id,
          trace,
          until,
          ceilingBps: CEILING_BPS,
          mends: name === "fixed-fec" ? ("parity" as const) : ("repeats" as const),
        },
        controller: create(name),
        reportMicros: REPORT_MICROS[name],
        startAt: FROM + id * FAIR_START_MICROS,
      }),
  );
  return { flows, result: simulateFlows(profile, flows, { from: FROM, until, seed: 1 }) };
}

function rowsOf(
  profile: LabProfile,
  controller: string,
  trace: FrameSizes,
  seconds: number,
): { rows: Row[]; run: Run } {
  const key = { bench: "delta", case: `${profile.name}/${controller}` };
  const first = run(profile, [controller], trace, seconds);
  const { flows, result } = first;
  const { frames } = flows[0]!;
  const spanMicros = seconds * SECOND;
  const queue = result.queuedMicros.map((micros) => micros / 1000);
  const bits = result.deliveredBytes[0]! * 8;
  const reachable = Math.min(result.capacityBytes * 8, CEILING_BPS * seconds);
  const value = (metric: string, unit: string, figure: number) =>
    valueRow({ ...key, metric, unit }, figure, frames.length);
  const delays = frameDelays(frames);
  const rows: Row[] = [
    value("bitrate", "kbps", bits / seconds / 1000),
    value("utilisation", "share", bits / reachable),
    sampleRow(
      { ...key, metric: "frame_delay", unit: "ms" },
      delays.length > 0 ? delays : [Number.NaN],
    ),
    sampleRow(
      { ...key, metric: "self_queue", unit: "ms" },
      queue.length > 0 ? queue : [Number.NaN],
    ),
    value("stalls", "1/min", stallsPerMinute(frames, FROM, spanMicros)),
    value("freezes", "1/min", freezesPerMinute(frames, spanMicros)),
  ];
  const { rate } = profile.forward;
  if (rate?.kind === "steps" && rate.steps.length >= 3) {
    const [, drop, rise] = rate.steps;
    const clear = clearMillis(result.samples, drop!.at);
    const regain = regainMillis(result.samples, drop!.at, rise!.at);
    // What never came about has no figure.
    if (!Number.isNaN(clear)) rows.push(value("clear", "ms", clear));
    if (!Number.isNaN(regain)) rows.push(value("regain", "ms", regain));
  }
  if (profile.crossTraffic === "cubic")
    rows.push(value("cubic_share", "share", bits / (bits + result.tcpBytes * 8)));
  else if (profile.name === "home") {
    const pair = run(profile, [controller, controller], trace, seconds);
    // The second flow has had its time to catch up.
    const settled = pair.result.samples.filter(({ at }) => at > spanMicros / 2);
    const shares = [0, 1].map((id) => settled.reduce((sum, { bytes }) => sum + bytes[id]!, 0));
    rows.push(value("jain", "index", jainIndex(shares)));
  }
  return { rows, run: first };
}

async function measure(options: BenchOptions): Promise<Report> {
  const { profiles, failures } = chosenProfiles(options);
  const controllers = options.controllers ?? CONTROLLERS;
  for (const name of controllers)
    if (!CONTROLLERS.includes(name)) throw new UsageError(`no controller is called "${name}"`);
  progress("recording the sizes of a real encoder's frames");
  const trace = await recordFrameTrace();
  const folder = options.svg ?? join(ROOT, "tmp", "delta");
  mkdirSync(folder, { recursive: true });
  const rows: Row[] = [];
  for (const profile of profiles) {
    const seconds = options.seconds ?? profile.seconds;
    const runs: { name: string; run: Run }[] = [];
    for (const controller of controllers) {
      progress(`${profile.name}/${controller}`);
      const done = rowsOf(profile, controller, trace, seconds);
      rows.push(...done.rows);
      runs.push({ name: controller, run: done.run });
    }
    const courses = runs.map(({ name, run: { flows, result } }) => ({
      name,
      samples: result.samples,
      frames: flows[0]!.frames,
    }));
    writeFileSync(
      join(folder, `${profile.name}.svg`),
      drawCourse({ title: profile.name, seconds, from: FROM, courses }),
    );
  }
  return {
    rows,
    footer: [
      `one flow of at most ${CEILING_BPS / 1e6} Mbps, 60 frames a second; utilisation: of what the link carries or the flow may take;`,
      "frame_delay: capture to complete at the receiver; self_queue: a packet's wait in the link's queue; jain: two flows on the same link;",
      `fixed-fec: ${FIXED_BPS / 1e6} Mbps, a fifth of the video on top as redundancy. Pictures: ${folder}`,
    ],
    failures,
  };
}

export const delta: Benchmark = {
  name: "delta",
  summary: "congestion controllers on emulated links: rate, delay, fairness",
  run: measure,
};
