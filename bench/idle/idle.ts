/** `npm run bench -- idle`: what a session costs while nothing moves. */
import { setTimeout as sleep } from "node:timers/promises";
import { bitrateFor, FPS } from "../glass/glass.ts";
import type { Streamer } from "../glass/streamer.ts";
import { chooseStreamers, commandLinesOf } from "../glass/streamers/index.ts";
import { openTheatre, waitForPicture } from "../glass/theatre.ts";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { LOOPBACK } from "../lib/network.ts";
import { CpuMeter } from "../lib/process-times.ts";
import { progress } from "../lib/progress.ts";
import { type Row, valueRow } from "../lib/rows.ts";
import { FULL_HD, HD, type Size, sizeName } from "../lib/sizes.ts";

const DEFAULT_SECONDS = 10;
const SETTLE_MILLIS = 3000;

async function measure(streamer: Streamer, size: Size, seconds: number): Promise<Row[]> {
  await using theatre = await openTheatre({ size, content: "frozen", fps: FPS });
  const { displayA, displayB } = theatre;
  await using running = await streamer.start({
    ...{ displayA, displayB, size, fps: FPS, bitrateBps: bitrateFor(size) },
    content: "frozen",
    network: LOOPBACK,
  });
  await waitForPicture(theatre, running);
  await sleep(SETTLE_MILLIS);
  const host = new CpuMeter(running.hostPids);
  const client = new CpuMeter(running.clientPids);
  const loopback = LOOPBACK.meter();
  await sleep(seconds * 1000);
  const name = streamer.name === "wavry" ? sizeName(size) : `${sizeName(size)}/${streamer.name}`;
  const key = (metric: string, unit: string) => ({ bench: "idle", case: name, metric, unit });
  return [
    valueRow(key("cpu_host", "% of a core"), host.percentOfCore(), 1),
    valueRow(key("cpu_client", "% of a core"), client.percentOfCore(), 1),
    valueRow(key("bitrate", "kbps"), loopback.kbps(), 1),
  ];
}

async function run(options: BenchOptions): Promise<Report> {
  const failures: string[] = [];
  const rows: Row[] = [];
  const chosen = chooseStreamers(options.programs, failures);
  for (const size of options.sizes ?? [HD, FULL_HD])
    for (const streamer of chosen) {
      const label = `${sizeName(size)} ${streamer.name}`;
      try {
        rows.push(...(await measure(streamer, size, options.seconds ?? DEFAULT_SECONDS)));
        progress(`${label}: done`);
      } catch (error) {
        failures.push(`${label}: ${error instanceof Error ? error.message : error}`);
      }
    }
  return { rows, footer: commandLinesOf(chosen), failures };
}

export const idle: Benchmark = {
  name: "idle",
  summary: "CPU and bitrate while nothing moves",
  run,
};
