/** `npm run bench -- start`: from the start of the client's program until the host's picture stands on its display. */
import { bitrateFor, FPS } from "../glass/glass.ts";
import type { Streamer } from "../glass/streamer.ts";
import { chooseStreamers, commandLinesOf } from "../glass/streamers/index.ts";
import { firstPicture, openTheatre, waitForPicture } from "../glass/theatre.ts";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { progress } from "../lib/progress.ts";
import { type Row, sampleRow } from "../lib/rows.ts";
import { HD, type Size, sizeName } from "../lib/sizes.ts";

const DEFAULT_RUNS = 10;

/** The first picture, in ms after the second of the two programs was started. */
async function measure(streamer: Streamer, size: Size): Promise<number> {
  await using theatre = await openTheatre({ size, content: "frozen", fps: FPS });
  const { displayA, displayB } = theatre;
  await using running = await streamer.start({
    ...{ displayA, displayB, size, fps: FPS, bitrateBps: bitrateFor(size), content: "frozen" },
  });
  await waitForPicture(theatre, running);
  const shownAt = Math.max(...firstPicture(theatre.marks)!.map(({ at }) => at));
  return (shownAt - running.connectedFrom) / 1000;
}

async function run(options: BenchOptions): Promise<Report> {
  const failures: string[] = [];
  const rows: Row[] = [];
  const chosen = chooseStreamers(options.programs, failures);
  for (const size of options.sizes ?? [HD])
    for (const streamer of chosen) {
      const samples: number[] = [];
      const label = `${sizeName(size)} ${streamer.name}`;
      try {
        for (let run = 0; run < (options.n ?? DEFAULT_RUNS); run++)
          samples.push(await measure(streamer, size));
        progress(`${label}: done`);
      } catch (error) {
        failures.push(`${label}: ${error instanceof Error ? error.message : error}`);
      }
      if (samples.length === 0) continue;
      const suffix = streamer.name === "wavry" ? "" : `/${streamer.name}`;
      const key = { bench: "start", case: `${sizeName(size)}${suffix}` };
      rows.push(sampleRow({ ...key, metric: "first_picture", unit: "ms" }, samples));
    }
  return {
    rows,
    footer: [
      "from the start of the second program (the client, or ffmpeg's and GStreamer's host) to the whole picture",
      ...commandLinesOf(chosen),
    ],
    failures,
  };
}

export const start: Benchmark = {
  name: "start",
  summary: "from the start of the client until the first picture",
  run,
};
