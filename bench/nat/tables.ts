import { SITE_KIND_NAMES } from "../../tests/nat/lab/index.ts";
import { NEIGHBOURS } from "../../tests/nat/matrix/index.ts";
import type { Row, SampleRow } from "../lib/rows.ts";
import { cellsOf, figureOf, samplesOf, switchesOf } from "./aims.ts";
import { PATHS } from "./nat-rows.ts";

const SWITCH_WORDS: Readonly<Record<string, string>> = {
  "direct-opens": "over a relay, and a direct path opens",
  "direct-dies": "the direct path dies, and a relay takes over",
  "address-changes": "the client's machine gets another address",
  "relay-dies": "the relay is killed, and another takes over",
};

/** What was measured, in Markdown: hosts by clients, as far as there are rows, neighbours, and what sessions outlive. */
export function measuredTables(rows: readonly Row[]): string {
  const names = new Set(cellsOf(rows));
  const hosts = SITE_KIND_NAMES.filter((host) =>
    SITE_KIND_NAMES.some((client) => names.has(`${host}/${client}`)),
  );
  const clients = SITE_KIND_NAMES.filter((client) =>
    SITE_KIND_NAMES.some((host) => names.has(`${host}/${client}`)),
  );
  const pairs = hosts.map((host) => [
    host,
    ...clients.map((client) => cell(rows, `${host}/${client}`)),
  ]);
  const neighbours = NEIGHBOURS.filter(({ name }) => names.has(name)).map(({ name }) => [
    name,
    cell(rows, name),
  ]);
  const switches = switchesOf(rows).map((name) => [
    SWITCH_WORDS[name] ?? name,
    `${figureOf(rows, name, "survived")} %`,
    gap(samplesOf(rows, name, "gap")),
  ]);
  return [
    ...(pairs.length > 0 ? [table([["host \\ client", ...clients], ...pairs])] : []),
    ...(neighbours.length > 0 ? [table([["neighbours", "path, ms"], ...neighbours])] : []),
    ...(switches.length > 0
      ? [table([["in a session", "outlived", "without data, ms"], ...switches])]
      : []),
  ].join("\n\n");
}

/** "relay 310 / 420": the path on which sessions settled, p50 and p95 of the time to connect; more than one path with shares. */
function cell(rows: readonly Row[], name: string): string {
  const connect = samplesOf(rows, name, "connect");
  if (connect === undefined) return figureOf(rows, name, "connected") === 0 ? "" : "none";
  const paths = PATHS.map((path) => ({ path, share: figureOf(rows, name, path) })).filter(
    ({ share }) => share > 0,
  );
  const missing = 100 - figureOf(rows, name, "connected");
  const words =
    paths.length === 1 && missing === 0
      ? paths[0]!.path
      : [
          ...paths.map(({ path, share }) => `${path} ${share} %`),
          ...(missing > 0 ? [`none ${missing} %`] : []),
        ].join(", ");
  return `${words} ${Math.round(connect.p50)} / ${Math.round(connect.p95)}`;
}

function gap(row: SampleRow | undefined): string {
  return row === undefined ? "" : `${Math.round(row.p50)} / ${Math.round(row.p95)}`;
}

/** The first row is the head. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(3, ...rows.map((cells) => cells[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...rest] = rows;
  return [head!, widths.map((width) => "-".repeat(width)), ...rest].map(line).join("\n");
}
