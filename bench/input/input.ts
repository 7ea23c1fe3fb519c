/** `npm run bench -- input`: from an event at the client's window until an X client on the host gets it. */
import { setTimeout as sleep } from "node:timers/promises";
import { bitrateFor, FPS } from "../glass/glass.ts";
import { startLines } from "../glass/line-process.ts";
import type { Content, Streamer } from "../glass/streamer.ts";
import { chooseStreamers, commandLinesOf } from "../glass/streamers/index.ts";
import { firstPictureMs, openTheatre, waitForPicture, waitUntil } from "../glass/theatre.ts";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { monotonicMicros } from "../lib/clock.ts";
import { LOOPBACK, type Network } from "../lib/network.ts";
import { progress } from "../lib/progress.ts";
import { type Row, sampleRow, valueRow } from "../lib/rows.ts";
import { HD, type Size, sizeName } from "../lib/sizes.ts";
import { type InputEvent, type InputResult, matchInput, parseInputEvent } from "./match-input.ts";

const DEFAULT_EVENTS = 500;
const WARM_UP_EVENTS = 30;
const FIRST_EVENT_TIMEOUT_MICROS = 30e6;
const SLOWEST_EVENT_MICROS = 0.1e6;
const LAST_EVENTS_MILLIS = 500;
const CASES = ["idle", "encoding"] as const;

/** What to measure. */
export interface InputOptions {
  readonly streamer: Streamer;
  readonly size: Size;
  /** What plays meanwhile. */
  readonly content: Content;
  /** How many events count, after the warm-up. */
  readonly events: number;
  readonly network?: Network;
}

/** Measures one program; throws an Error that says what it did if no input arrives. */
export async function measureInput(
  options: InputOptions,
): Promise<InputResult & { readonly firstPictureMs: number }> {
  const { streamer, size, content, events, network = LOOPBACK } = options;
  await using theatre = await openTheatre({ size, content, fps: FPS });
  const { displayA, displayB } = theatre;
  const sizeText = `${size.width}x${size.height}`;
  const injected: InputEvent[] = [];
  const recorded: InputEvent[] = [];
  const collect = (list: InputEvent[]) => (fields: readonly string[]) => {
    const event = parseInputEvent(fields);
    if (event !== undefined) list.push(event);
  };
  await using recorder = await startLines(
    "../input/recorder.ts",
    [displayA.name, sizeText],
    collect(recorded),
  );
  await using running = await streamer.start({
    ...{ displayA, displayB, size, fps: FPS, bitrateBps: bitrateFor(size), content, network },
  });
  await waitForPicture(theatre, running);
  await using injector = await startLines(
    "../input/injector.ts",
    [displayB.name, sizeText],
    collect(injected),
  );
  await waitUntil(() => recorded.length >= WARM_UP_EVENTS, {
    running,
    timeoutMicros: FIRST_EVENT_TIMEOUT_MICROS,
    orElse: `no input arrives at the host (${recorded.length} events, ${injected.length} injected)`,
  });
  const from = monotonicMicros();
  const target = injected.length + events + WARM_UP_EVENTS;
  await waitUntil(() => injected.length >= target, {
    running,
    timeoutMicros: (events + WARM_UP_EVENTS) * SLOWEST_EVENT_MICROS + 10e6,
    orElse: "the injector stopped",
  });
  const until = monotonicMicros();
  await injector.finish();
  await sleep(LAST_EVENTS_MILLIS);
  await recorder.finish();
  return {
    ...matchInput(injected, recorded, { from, until }),
    firstPictureMs: firstPictureMs(theatre, running),
  };
}

async function run(options: BenchOptions): Promise<Report> {
  const failures: string[] = [];
  const rows: Row[] = [];
  const chosen = chooseStreamers(options.programs, failures).filter(({ takesInput }) => takesInput);
  for (const size of options.sizes ?? [HD])
    for (const name of CASES) {
      if (!(options.cases?.includes(name) ?? true)) continue;
      for (const streamer of chosen) {
        const label = `${sizeName(size)} ${name} ${streamer.name}`;
        try {
          const events = options.n ?? DEFAULT_EVENTS;
          const content = name === "encoding" ? "motion" : "frozen";
          const result = await measureInput({ streamer, size, content, events });
          rows.push(...rowsOf(size, name, streamer, result));
          progress(`${label}: done`);
        } catch (error) {
          failures.push(`${label}: ${error instanceof Error ? error.message : error}`);
        }
      }
    }
  return { rows, footer: commandLinesOf(chosen), failures };
}

function rowsOf(size: Size, name: string, streamer: Streamer, result: InputResult): Row[] {
  const sized = sizeName(size) === sizeName(HD) ? name : `${name}/${sizeName(size)}`;
  const caseName = streamer.name === "wavry" ? sized : `${sized}/${streamer.name}`;
  const key = (metric: string, unit: string) => ({ bench: "input", case: caseName, metric, unit });
  const rows: Row[] = [sampleRow(key("input", "ms"), Object.values(result.latenciesMs).flat())];
  for (const [kind, samples] of Object.entries(result.latenciesMs))
    if (samples.length > 0) rows.push(sampleRow(key(kind, "ms"), samples));
  rows.push(valueRow(key("lost", "events"), result.lost, result.total));
  return rows;
}

export const input: Benchmark = {
  name: "input",
  summary: "from a key or the pointer at the client until it arrives at the host",
  run,
};
