/**
 * Writes what was measured into docs/nat.md:
 *
 *   npm run --silent bench -- nat --json | node bench/nat/write-page.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Row } from "../lib/rows.ts";
import { AIM_MILLIS, judge } from "./aims.ts";
import { measuredTables } from "./tables.ts";

const PAGE = join(import.meta.dirname, "../../docs/nat.md");
const [BEGIN, END] = ["<!-- measured: written by bench/nat/write-page.ts -->", "<!-- end -->"];

const rows = (JSON.parse(await text(process.stdin)) as Row[]).filter(
  ({ bench }) => bench === "nat",
);
if (rows.length === 0) throw new Error("there are no rows of `nat`");
const page = readFileSync(PAGE, "utf8");
const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
if (from < 0 || to < from) throw new Error(`${PAGE} has no place for it`);
const { lines, misses } = judge(rows);
const n = Math.max(...rows.map((row) => row.n));
const section = [
  BEGIN,
  "",
  `The path on which a session settled, and p50 / p95 over ${n} sessions of the milliseconds from the client's call to connect until input`,
  "was acknowledged and a picture's bytes were there; asking the gateway over TLS is in it.",
  "",
  measuredTables(rows),
  "",
  ...lines,
  ...(misses.length > 0
    ? ["", "What misses an aim:", "", ...misses.map((miss) => `- ${miss}`)]
    : []),
  "",
  `Aims: every cell connects, directly where theory allows; p95 within ${AIM_MILLIS.direct / 1_000} s, within ${AIM_MILLIS.tls / 1_000} s where only TLS is left.`,
  "",
  "",
];
writeFileSync(PAGE, page.slice(0, from) + section.join("\n") + page.slice(to));
