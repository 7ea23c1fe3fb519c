/** One run of one streamer over one pair of displays. */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMicros } from "../lib/clock.ts";
import { LOOPBACK, type Network } from "../lib/network.ts";
import { CpuMeter } from "../lib/process-times.ts";
import { percentile } from "../lib/rows.ts";
import type { Size } from "../lib/sizes.ts";
import { matchFlips, matchFrames } from "./match.ts";
import type { Content, Stage, Streamer } from "./streamer.ts";
import { firstPictureMs, openTheatre, waitForPicture, waitUntil } from "./theatre.ts";

const WARM_UP_FLIPS = 8;
const WARM_UP_TIMEOUT_MICROS = 30e6;
const LAST_FLIPS_MILLIS = 1000;
const SLOWEST_FLIP_MICROS = 0.35e6;
/** Marks seen before the window opens but reported after it, at most. */
const FLIPS_UNDER_WAY = 6;

/** What to measure. */
export interface RoundOptions {
  readonly streamer: Streamer;
  readonly size: Size;
  readonly content: Content;
  readonly fps: number;
  readonly bitrateBps: number;
  /** How many flips to see after the warm-up. */
  readonly flips: number;
  /** What lies between host and client; default the loopback interface. */
  readonly network?: Network;
}

/** What one run gave. */
export interface RoundResult {
  readonly latenciesMs: readonly number[];
  /** From the call to connect until the whole picture stood. */
  readonly firstPictureMs: number;
  readonly flipsDrawn: number;
  readonly flipsLost: number;
  readonly seconds: number;
  readonly framesDrawn: number;
  readonly framesShown: number;
  /** Each time that a moving picture stood still for longer than `FREEZE_MS`. */
  readonly freezesMs: readonly number[];
  /** Percent of one core. */
  readonly cpuHost: number;
  readonly cpuClient: number;
  readonly kbps: number;
  readonly stages: Partial<Record<Stage, readonly number[]>>;
}

/** Runs it; throws an Error that says what the streamer did if no picture arrives or it ends by itself. */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const { size, content, fps, bitrateBps, network = LOOPBACK } = options;
  await using theatre = await openTheatre({ size, content, fps });
  const { displayA, displayB, flips, frames, marks, counts } = theatre;
  await using running = await options.streamer.start({
    ...{ displayA, displayB, size, fps, bitrateBps, content, network },
  });
  await waitForPicture(theatre, running);
  await running.settled?.();
  const warm = marks.length + WARM_UP_FLIPS;
  await waitUntil(() => marks.length >= warm, {
    running,
    timeoutMicros: WARM_UP_TIMEOUT_MICROS,
    orElse: "the picture stands still on display B",
  });

  const hostCpu = new CpuMeter(running.hostPids);
  const clientCpu = new CpuMeter(running.clientPids);
  const traffic = network.meter();
  const from = monotonicMicros();
  const target = marks.length + options.flips + FLIPS_UNDER_WAY;
  await waitUntil(() => marks.length >= target, {
    running,
    timeoutMicros: options.flips * SLOWEST_FLIP_MICROS * 2 + 10e6,
    orElse: "most flips were lost",
  });
  const until = monotonicMicros();
  const usage = {
    cpuHost: hostCpu.percentOfCore(),
    cpuClient: clientCpu.percentOfCore(),
    kbps: traffic.kbps(),
  };
  await sleep(LAST_FLIPS_MILLIS);
  const stages = (await running.stages?.()) ?? {};
  await theatre.finish();

  const flipResult = matchFlips(flips, marks, { from, until });
  const frameResult = matchFrames(frames, counts, { from, until });
  return {
    latenciesMs: flipResult.latenciesMs,
    firstPictureMs: firstPictureMs(theatre, running),
    flipsDrawn: flipResult.total,
    flipsLost: flipResult.lost,
    seconds: (until - from) / 1e6,
    framesDrawn: frameResult.drawn,
    framesShown: frameResult.shown,
    freezesMs: frameResult.freezesMs,
    ...usage,
    stages,
  };
}

/** The mean of a figure over rounds, each by its length. */
export function meanOver(
  rounds: readonly RoundResult[],
  of: (round: RoundResult) => number,
): number {
  const sum = (value: (round: RoundResult) => number) =>
    rounds.reduce((total, round) => total + value(round), 0);
  return sum((round) => of(round) * round.seconds) / sum((round) => round.seconds);
}

/** A round in a few words. */
export function describeRound({ latenciesMs }: RoundResult): string {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return `p50 ${percentile(sorted, 50).toFixed(2)} ms`;
}
