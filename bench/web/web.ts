/** `npm run bench -- web`: from a draw on display A until a browser on display B shows it, and back. */
import { bitrateFor, FPS } from "../glass/glass.ts";
import { describeRound, meanOver, type RoundResult, runRound } from "../glass/round.ts";
import type { Content, Streamer } from "../glass/streamer.ts";
import { chooseStreamers, commandLinesOf } from "../glass/streamers/index.ts";
import { takeTurns } from "../glass/turns.ts";
import { measureInput } from "../input/input.ts";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { LOOPBACK, type Network, openLabNetwork } from "../lib/network.ts";
import { type Row, sampleRow, valueRow } from "../lib/rows.ts";
import { FULL_HD, HD, type Size, sizeName } from "../lib/sizes.ts";
import { streamers, variants } from "./streamers/index.ts";

const DEFAULT_FLIPS = 200;
/** Few, so that there are many first pictures. */
const FLIPS_A_ROUND = 50;
const DEFAULT_EVENTS = 300;
const CONTENTS = ["still", "motion"] as const;

/** What one program gave in one case. */
interface Findings {
  readonly rounds: readonly RoundResult[];
  /** ms, all kinds together; empty where it takes none. */
  readonly inputsMs: readonly number[];
  readonly firstPicturesMs: readonly number[];
}

/** The rows of one program in one case. */
export function webRows(caseName: string, content: Content, findings: Findings): Row[] {
  const { rounds, inputsMs, firstPicturesMs } = findings;
  const key = (metric: string, unit: string) => ({ bench: "web", case: caseName, metric, unit });
  const rows: Row[] = [];
  const samples = (metric: string, values: readonly number[]) => {
    if (values.length > 0) rows.push(sampleRow(key(metric, "ms"), values));
  };
  const all = (of: (round: RoundResult) => readonly number[]) => rounds.flatMap(of);
  const sum = (of: (round: RoundResult) => number) =>
    rounds.reduce((total, round) => total + of(round), 0);
  const mean = (metric: string, unit: string, of: (round: RoundResult) => number) =>
    rows.push(valueRow(key(metric, unit), meanOver(rounds, of), rounds.length));

  samples(
    "glass_to_glass",
    all(({ latenciesMs }) => latenciesMs),
  );
  samples("input", inputsMs);
  samples("first_picture", firstPicturesMs);
  if (rounds.length === 0) return rows;
  const flips = sum(({ flipsDrawn }) => flipsDrawn);
  rows.push(
    valueRow(
      key("lost", "flips"),
      sum(({ flipsLost }) => flipsLost),
      flips,
    ),
  );
  if (content === "motion") {
    const freezesMs = all((round) => round.freezesMs);
    const minutes = sum(({ seconds }) => seconds) / 60;
    const frozenMs = freezesMs.reduce((total, ms) => total + ms, 0);
    rows.push(valueRow(key("fps", "frames/s"), sum((r) => r.framesShown) / minutes / 60, flips));
    rows.push(valueRow(key("freezes", "1/min"), freezesMs.length / minutes, freezesMs.length));
    rows.push(valueRow(key("frozen", "%"), frozenMs / minutes / 600, freezesMs.length));
    samples("freeze", freezesMs);
  }
  mean("cpu_host", "% of a core", ({ cpuHost }) => cpuHost);
  mean("cpu_page", "% of a core", ({ cpuClient }) => cpuClient);
  mean("bitrate", "kbps", ({ kbps }) => kbps);
  return rows;
}

interface CaseOptions {
  readonly size: Size;
  readonly content: (typeof CONTENTS)[number];
  readonly profile: string | undefined;
  readonly chosen: readonly Streamer[];
  readonly options: BenchOptions;
  readonly failures: string[];
}

/** Runs one under a fresh link, so that each begins at the same place of a trace. */
async function through<T>(
  profile: string | undefined,
  run: (network: Network) => Promise<T>,
): Promise<T> {
  if (profile === undefined) return await run(LOOPBACK);
  await using network = await openLabNetwork(profile);
  return await run(network);
}

async function measureCase(wanted: CaseOptions): Promise<Row[]> {
  const { size, content, profile, chosen, options, failures } = wanted;
  const label = [...(profile === undefined ? [] : [profile]), sizeName(size), content].join("/");
  const flips = options.n ?? DEFAULT_FLIPS;
  // Over a link that changes with time, one long round shows more of it than many short ones.
  const rounds = profile === undefined ? Math.ceil(flips / FLIPS_A_ROUND) : 1;
  const glass = await takeTurns({
    ...{ streamers: chosen, rounds, label, failures },
    run: (streamer) =>
      through(profile, (network) =>
        runRound({
          ...{ streamer, size, content, network, fps: FPS, bitrateBps: bitrateFor(size) },
          flips: Math.ceil(flips / rounds),
        }),
      ),
    describe: describeRound,
  });
  const input = await takeTurns({
    streamers: chosen.filter(({ takesInput }) => takesInput),
    ...{ rounds: 1, label: `${label} input`, failures },
    run: (streamer) =>
      through(profile, (network) =>
        measureInput({
          ...{ streamer, size, network, events: options.n ?? DEFAULT_EVENTS },
          content: content === "still" ? "frozen" : content,
        }),
      ),
    describe: ({ lost, total }) => `${lost} of ${total} events lost`,
  });
  return chosen.flatMap((streamer) => {
    const seen = glass.get(streamer) ?? [];
    const felt = input.get(streamer) ?? [];
    return webRows(`${label}/${streamer.name}`, content, {
      rounds: seen,
      inputsMs: felt.flatMap(({ latenciesMs }) => Object.values(latenciesMs).flat()),
      firstPicturesMs: [...seen, ...felt].map(({ firstPictureMs }) => firstPictureMs),
    });
  });
}

async function run(options: BenchOptions): Promise<Report> {
  const failures: string[] = [];
  const known = options.programs === undefined ? streamers : [...streamers, ...variants];
  const chosen = chooseStreamers(options.programs, failures, known);
  const rows: Row[] = [];
  for (const profile of options.profiles ?? [undefined])
    for (const size of options.sizes ?? [HD, FULL_HD])
      for (const content of CONTENTS) {
        if (options.cases?.includes(content) === false) continue;
        rows.push(...(await measureCase({ size, content, profile, chosen, options, failures })));
      }
  return { rows, footer: commandLinesOf(chosen), failures };
}

export const web: Benchmark = {
  name: "web",
  summary: "the same in a browser, beside Chromium's own screen share and noVNC",
  run,
};
