import type { Row } from "../lib/rows.ts";

const BARE = "bare";
/** KB a socket over the bare server; ms; ms. */
const AIMS = { memory: 15, signaling: 5, start: 1_000, health: 20 } as const;

/** What the gateway's figures are beside the bare server's and beside the aims; nothing where rows are missing. */
export function ratioLines(rows: readonly Row[]): string[] {
  const cases = [...new Set(rows.map((row) => row.case))].filter((name) => name !== BARE);
  const of = (name: string, metric: string): Row | undefined =>
    rows.find((row) => row.case === name && row.metric === metric);
  const lines: string[] = [];
  for (const name of cases) {
    const ratios = rows
      .filter((row) => row.case === name)
      .flatMap((row) => {
        const bare = of(BARE, row.metric);
        if (bare === undefined) return [];
        if ("value" in row && "value" in bare)
          return [`${row.metric} ${ratio(row.value, bare.value)}`];
        if (!("p50" in row) || !("p50" in bare)) return [];
        return [`${row.metric} p50 ${ratio(row.p50, bare.p50)}, p99 ${ratio(row.p99, bare.p99)}`];
      });
    if (ratios.length > 0) lines.push(`${name} × bare: ${ratios.join("; ")}`);
    const verdicts = [
      verdict(
        "memory over bare, KB a socket",
        difference(of(name, "memory_per_socket"), of(BARE, "memory_per_socket")),
        AIMS.memory,
      ),
      verdict("signaling p99, ms", p99(of(name, "signaling")), AIMS.signaling),
      verdict("health_under_login p99, ms", p99(of(name, "health_under_login")), AIMS.health),
      verdict("start p99, ms", p99(of(name, "start")), AIMS.start),
    ].filter((line) => line !== undefined);
    if (verdicts.length > 0) lines.push(`${name}, aims: ${verdicts.join("; ")}`);
  }
  return lines;
}

/** Three digits, never with an exponent. */
function short(value: number): string {
  return Math.abs(value) >= 1_000 ? value.toFixed(0) : value.toPrecision(3);
}

function ratio(value: number, base: number): string {
  return (value / base).toPrecision(2);
}

function p99(row: Row | undefined): number | undefined {
  return row !== undefined && "p99" in row ? row.p99 : undefined;
}

function difference(row: Row | undefined, base: Row | undefined): number | undefined {
  if (row === undefined || base === undefined) return undefined;
  return "value" in row && "value" in base ? row.value - base.value : undefined;
}

function verdict(what: string, value: number | undefined, aim: number): string | undefined {
  if (value === undefined) return undefined;
  return `${what} ${short(value)} (aim ${aim}: ${value <= aim ? "met" : "missed"})`;
}
