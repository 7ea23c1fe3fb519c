/** `npm run bench -- nat`: whether, how and how soon a client reaches its host, each behind every kind of NAT. */
import { loadavg } from "node:os";
import { labObstacle } from "../../tests/nat/lab/index.ts";
import {
  Backbone,
  type Cell,
  NEIGHBOURS,
  PAIRS,
  Stations,
  SWITCHES,
  type Switch,
  type Trial,
  tryCell,
  trySwitch,
} from "../../tests/nat/matrix/index.ts";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { progress } from "../lib/progress.ts";
import type { Row } from "../lib/rows.ts";
import { UsageError } from "../lib/usage-error.ts";
import { judge } from "./aims.ts";
import { rowsOf, switchRows } from "./nat-rows.ts";
import { measuredTables } from "./tables.ts";

const DEFAULT_N = 10;
/** Two, so that one of them is chosen; the second takes no TLS. */
const RELAYS = 2;
/** Of each kind, at most: a relay that dies too often is not handed out any more. */
const MOST_SWITCHES = 5;

async function run({ n = DEFAULT_N, cases }: BenchOptions): Promise<Report> {
  const { cells, switches } = chosen(cases);
  const obstacle = await labObstacle();
  if (obstacle !== undefined) return { rows: [], footer: [], failures: [obstacle] };
  const rows: Row[] = [];
  const failures: string[] = [];
  await using backbone = await Backbone.open({ relays: RELAYS });
  await using stations = new Stations(backbone);
  for (const [index, cell] of cells.entries()) {
    const trials: Trial[] = [];
    const pair = await stations.pair(cell);
    for (let round = 0; round < n; round++) trials.push(await tryCell(cell, pair));
    rows.push(...rowsOf(cell, trials));
    const wrong = trials.find(({ complaint }) => complaint !== undefined);
    if (wrong !== undefined) progress(`${cell.name}: ${wrong.complaint}`);
    progress(`${index + 1} of ${cells.length}: ${cell.name}`);
    if (cells[index + 1]?.hostAt !== cell.hostAt) await stations.end(cell.hostAt);
  }
  for (const one of switches) {
    const homes = await stations.homes(one.kind);
    const gaps: number[] = [];
    const rounds = Math.min(n, MOST_SWITCHES);
    for (let round = 0; round < rounds; round++)
      try {
        gaps.push(await trySwitch(one, { backbone, homes }));
      } catch (error) {
        progress(`${one.name}: ${(error as Error).message}`);
      }
    rows.push(...switchRows(one.name, gaps, rounds));
    progress(one.name);
  }
  const { lines, misses } = judge(rows);
  failures.push(...misses);
  const load = `Load of the machine at the end: ${loadavg()[0]!.toFixed(1)}.`;
  return { rows, footer: [...measuredTables(rows).split("\n"), "", ...lines, load], failures };
}

/** A case is "HOST/CLIENT", a host's kind with all clients as "HOST/", neighbours or a switch by name. */
function chosen(names: readonly string[] | undefined): {
  readonly cells: readonly Cell[];
  readonly switches: readonly Switch[];
} {
  const all = [...PAIRS, ...NEIGHBOURS];
  if (names === undefined) return { cells: all, switches: SWITCHES };
  const isChosen = (one: string): boolean =>
    names.some((name) => (name.endsWith("/") ? one.startsWith(name) : one === name));
  const cells = all.filter(({ name }) => isChosen(name));
  const switches = SWITCHES.filter(({ name }) => isChosen(name));
  if (cells.length + switches.length === 0)
    throw new UsageError(
      `no case is called "${names.join(",")}"; such as port-restricted/symmetric`,
    );
  return { cells, switches };
}

/** How sessions find their path through NATs. */
export const nat: Benchmark = {
  name: "nat",
  summary:
    "finding a path through every pair of NATs: which one, and how soon (needs Linux, nftables)",
  run,
};
