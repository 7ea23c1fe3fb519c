import assert from "node:assert/strict";
import { test } from "node:test";
import { pairCell, SWITCHES, type Trial } from "../../tests/nat/matrix/index.ts";
import type { Path } from "../../tests/nat/theory.ts";
import { judge, samplesOf } from "../nat/aims.ts";
import { rowsOf, switchRows } from "../nat/nat-rows.ts";
import { measuredTables } from "../nat/tables.ts";

function trial(settled: Path | undefined, upMillis: number): Trial {
  const times = { grantedMillis: 1, upMillis, settledMillis: upMillis };
  return { first: settled, settled, ...times, complaint: undefined };
}

test("a cell that meets its aims is told by path and times, and misses nothing", () => {
  const rows = rowsOf(pairCell("none", "symmetric"), [trial("direct", 40), trial("direct", 90)]);
  assert.deepEqual(judge(rows).misses, []);
  assert.match(measuredTables(rows), /\| none +\| direct 40 \/ 90 \|$/);
});

test("a session that never comes about, or by a worse path than it could, is missed, and not timed", () => {
  const cell = pairCell("port-restricted", "port-restricted");
  const rows = rowsOf(cell, [
    trial("direct", 50),
    trial("relay", 300),
    trial(undefined, Number.NaN),
  ]);
  assert.equal(samplesOf(rows, cell.name, "connect")?.n, 2);
  assert.equal(judge(rows).misses.length, 2);
  assert.match(measuredTables(rows), /direct 33.33 %, relay 33.33 %, none 33.33 % 50 \/ 300/);
});

test("more time is given where only TLS is left", () => {
  const missed = (host: "udp-blocked" | "symmetric", path: Path) =>
    judge(rowsOf(pairCell(host, "symmetric"), [trial(path, 1_500)])).misses;
  assert.deepEqual(missed("udp-blocked", "tls"), []);
  assert.deepEqual(missed("symmetric", "relay"), [
    "symmetric/symmetric: p95 is 1500 ms, the aim 1000 ms",
  ]);
});

test("a session that does not outlive a switch is missed, as is a relay that is replaced too late", () => {
  const rows = [...switchRows("direct-dies", [600], 2), ...switchRows("relay-dies", [2_100], 1)];
  assert.deepEqual(judge(rows).misses, [
    "direct-dies: 50 % of the sessions outlived it",
    "relay-dies: p95 is 2100 ms, the aim 2000 ms",
  ]);
  assert.match(measuredTables(rows), /100 % +\| 2100 \/ 2100/);
  assert.ok(SWITCHES.some(({ name }) => name === "relay-dies"));
});
