/** `npm run bench -- glass`: from a draw on display A until it stands in display B's framebuffer. */
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { type Row, sampleRow, valueRow } from "../lib/rows.ts";
import { FULL_HD, HD, type Size, sizeName } from "../lib/sizes.ts";
import { describeRound, meanOver, type RoundResult, runRound } from "./round.ts";
import { type Content, STAGES } from "./streamer.ts";
import { chooseStreamers, commandLinesOf } from "./streamers/index.ts";
import { takeTurns } from "./turns.ts";

/** The rate of the motion case, and what each streamer is asked for. */
export const FPS = 60;
const DEFAULT_FLIPS = 200;
const FLIPS_A_ROUND = 100;
const CONTENTS: readonly Content[] = ["still", "motion"];

/** Bits a second for each streamer that codes video: 10 Mbps for 720p, more in step with the pixels. */
export function bitrateFor(size: Size): number {
  return Math.round((10e6 * size.width * size.height) / (HD.width * HD.height));
}

function rowsOf(caseName: string, content: Content, rounds: readonly RoundResult[]): Row[] {
  const key = (metric: string, unit: string) => ({ bench: "glass", case: caseName, metric, unit });
  const sum = (of: (round: RoundResult) => number) =>
    rounds.reduce((total, round) => total + of(round), 0);
  const latencies = rounds.flatMap((round) => round.latenciesMs);
  const flips = sum((round) => round.flipsDrawn);
  const seconds = sum((round) => round.seconds);
  const rows: Row[] = [sampleRow(key("glass_to_glass", "ms"), latencies)];
  for (const stage of STAGES) {
    const samples = rounds.flatMap((round) => round.stages[stage] ?? []);
    if (samples.length > 0) rows.push(sampleRow(key(stage, "ms"), samples));
  }
  rows.push(
    valueRow(
      key("lost", "flips"),
      sum((round) => round.flipsLost),
      flips,
    ),
  );
  if (content === "motion") {
    const drawn = sum((round) => round.framesDrawn);
    const shown = sum((round) => round.framesShown);
    rows.push(valueRow(key("fps", "frames/s"), shown / seconds, drawn));
    rows.push(valueRow(key("frames_lost", "%"), (100 * (drawn - shown)) / drawn, drawn));
  }
  rows.push(
    valueRow(
      key("cpu_host", "% of a core"),
      meanOver(rounds, (round) => round.cpuHost),
      rounds.length,
    ),
  );
  rows.push(
    valueRow(
      key("cpu_client", "% of a core"),
      meanOver(rounds, (round) => round.cpuClient),
      rounds.length,
    ),
  );
  rows.push(
    valueRow(
      key("bitrate", "kbps"),
      meanOver(rounds, (round) => round.kbps),
      rounds.length,
    ),
  );
  return rows;
}

async function run(options: BenchOptions): Promise<Report> {
  const failures: string[] = [];
  const chosen = chooseStreamers(options.programs, failures);
  const wanted = options.n ?? DEFAULT_FLIPS;
  const roundCount = Math.ceil(wanted / FLIPS_A_ROUND);
  const rows: Row[] = [];
  for (const size of options.sizes ?? [HD, FULL_HD])
    for (const content of CONTENTS) {
      if (options.cases !== undefined && !options.cases.includes(content)) continue;
      const name = `${sizeName(size)}/${content}`;
      const results = await takeTurns({
        streamers: chosen,
        rounds: roundCount,
        label: name,
        failures,
        run: (streamer) =>
          runRound({
            ...{ streamer, size, content, fps: FPS, bitrateBps: bitrateFor(size) },
            flips: Math.ceil(wanted / roundCount),
          }),
        describe: describeRound,
      });
      for (const [streamer, rounds] of results) {
        if (rounds.length === 0) continue;
        const caseName = streamer.name === "wavry" ? name : `${name}/${streamer.name}`;
        rows.push(...rowsOf(caseName, content, rounds));
      }
    }
  return { rows, footer: commandLinesOf(chosen), failures };
}

export const glass: Benchmark = {
  name: "glass",
  summary: "from a draw on one display until it stands on another, beside other programs",
  run,
};
