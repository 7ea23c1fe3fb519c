import { NEIGHBOURS, PAIRS } from "../../tests/nat/matrix/index.ts";
import type { Path } from "../../tests/nat/theory.ts";
import type { Row, SampleRow } from "../lib/rows.ts";

/** The 95th percentile of the time to connect may be so much, in milliseconds. */
export const AIM_MILLIS: Readonly<Record<Path, number>> = {
  direct: 1_000,
  relay: 1_000,
  tls: 2_000,
};

const BEST: ReadonlyMap<string, Path> = new Map(
  [...PAIRS, ...NEIGHBOURS].map(({ name, best }) => [name, best]),
);

/** What theory allows in a case; TypeError for one that is none. */
export function bestOf(name: string): Path {
  const best = BEST.get(name);
  if (best === undefined) throw new TypeError(`no case is called ${name}`);
  return best;
}

/** A relay that dies is replaced within so many milliseconds. */
export const RELAY_DIES_MILLIS = 2_000;

/** Names of the cells that these rows are about, in order. */
export function cellsOf(rows: readonly Row[]): string[] {
  return rows.filter(({ metric }) => metric === "connected").map((row) => row.case);
}

/** Names of the switches that these rows are about, in order. */
export function switchesOf(rows: readonly Row[]): string[] {
  return rows.filter(({ metric }) => metric === "survived").map((row) => row.case);
}

/** A single figure; 0 where there is none. */
export function figureOf(rows: readonly Row[], name: string, metric: string): number {
  const row = rows.find((one) => one.case === name && one.metric === metric);
  return row !== undefined && "value" in row ? row.value : 0;
}

/** A distribution. */
export function samplesOf(
  rows: readonly Row[],
  name: string,
  metric: string,
): SampleRow | undefined {
  const row = rows.find((one) => one.case === name && one.metric === metric);
  return row !== undefined && "p50" in row ? row : undefined;
}

/** How the rows stand to the aims, in lines, and each case that misses one. */
export function judge(rows: readonly Row[]): {
  readonly lines: readonly string[];
  readonly misses: readonly string[];
} {
  const names = cellsOf(rows);
  const misses: string[] = [];
  for (const name of names) {
    const best = bestOf(name);
    const [connected, asTheory] = ["connected", "as_theory"].map((m) => figureOf(rows, name, m));
    if (connected !== 100) misses.push(`${name}: ${connected} % of the sessions came about`);
    if (asTheory !== 100)
      misses.push(`${name}: ${asTheory} % are as good as theory allows (${best})`);
    const p95 = samplesOf(rows, name, "connect")?.p95;
    if (p95 !== undefined && p95 > AIM_MILLIS[best])
      misses.push(`${name}: p95 is ${Math.round(p95)} ms, the aim ${AIM_MILLIS[best]} ms`);
  }
  for (const name of switchesOf(rows)) {
    const survived = figureOf(rows, name, "survived");
    if (survived !== 100) misses.push(`${name}: ${survived} % of the sessions outlived it`);
    const gap = samplesOf(rows, name, "gap");
    if (name === "relay-dies" && gap !== undefined && gap.p95 > RELAY_DIES_MILLIS)
      misses.push(`${name}: p95 is ${Math.round(gap.p95)} ms, the aim ${RELAY_DIES_MILLIS} ms`);
  }
  const count = (metric: string): number =>
    names.filter((name) => figureOf(rows, name, metric) === 100).length;
  const inTime = names.filter(
    (name) => (samplesOf(rows, name, "connect")?.p95 ?? Infinity) <= AIM_MILLIS[bestOf(name)],
  ).length;
  const of = `of ${names.length} cells`;
  return {
    lines: [
      `Every session came about in ${count("connected")} ${of}; as good as theory allows in ${count("as_theory")}.`,
      `p95 within ${AIM_MILLIS.direct / 1_000} s, ${AIM_MILLIS.tls / 1_000} s where only TLS is left: ${inTime} ${of}.`,
    ],
    misses,
  };
}
