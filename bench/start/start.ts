/** `npm run bench -- start`: from the start of the client's program until the host's picture stands on its display. */
import { bitrateFor, FPS } from "../glass/glass.ts";
import type { Streamer } from "../glass/streamer.ts";
import { chooseStreamers, commandLinesOf } from "../glass/streamers/index.ts";
import { firstPictureMs, openTheatre, waitForPicture } from "../glass/theatre.ts";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { LOOPBACK } from "../lib/network.ts";
import { progress } from "../lib/progress.ts";
import { type Row, sampleRow } from "../lib/rows.ts";
import { HD, type Size, sizeName } from "../lib/sizes.ts";

const DEFAULT_RUNS = 10;

/** The first picture, in ms after the second program was started, and after its own call to connect. */
async function measure(
  streamer: Streamer,
  size: Size,
): Promise<{ started: number; connected: number | undefined }> {
  await using theatre = await openTheatre({ size, content: "frozen", fps: FPS });
  const { displayA, displayB } = theatre;
  await using running = await streamer.start({
    ...{ displayA, displayB, size, fps: FPS, bitrateBps: bitrateFor(size) },
    content: "frozen",
    network: LOOPBACK,
  });
  await waitForPicture(theatre, running);
  return {
    started: firstPictureMs(theatre, running),
    connected: running.connectMillis?.(),
  };
}

async function run(options: BenchOptions): Promise<Report> {
  const failures: string[] = [];
  const rows: Row[] = [];
  const chosen = chooseStreamers(options.programs, failures);
  for (const size of options.sizes ?? [HD])
    for (const streamer of chosen) {
      const started: number[] = [];
      const connected: number[] = [];
      const label = `${sizeName(size)} ${streamer.name}`;
      try {
        for (let run = 0; run < (options.n ?? DEFAULT_RUNS); run++) {
          const times = await measure(streamer, size);
          started.push(times.started);
          if (times.connected !== undefined) connected.push(times.connected);
        }
        progress(`${label}: done`);
      } catch (error) {
        failures.push(`${label}: ${error instanceof Error ? error.message : error}`);
      }
      if (started.length === 0) continue;
      const suffix = streamer.name === "wavry" ? "" : `/${streamer.name}`;
      const key = { bench: "start", case: `${sizeName(size)}${suffix}` };
      rows.push(sampleRow({ ...key, metric: "first_picture", unit: "ms" }, started));
      if (connected.length > 0)
        rows.push(sampleRow({ ...key, metric: "first_picture_in_program", unit: "ms" }, connected));
    }
  return {
    rows,
    footer: [
      "first_picture: from the start of the second program (the client, or ffmpeg's and GStreamer's host) to the whole picture",
      "first_picture_in_program: the same from the running client's call to connect, as it tells itself",
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
