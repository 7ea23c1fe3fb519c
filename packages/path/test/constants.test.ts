import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { newPathCounters, PATH_BOUNDS, PATH_TIMES } from "../src/index.ts";

const TEXT = readFileSync(resolve(import.meta.dirname, "../../../spec/path.md"), "utf8");

/** The rows of the table of a section, as cells. */
function rows(heading: string): string[][] {
  const start = TEXT.indexOf(`${heading}\n`);
  assert.ok(start >= 0, heading);
  return TEXT.slice(start + heading.length)
    .split(/\n##+ /)[0]!
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

function time(micros: number): string {
  return micros < 1_000_000 ? `${micros / 1_000} ms` : `${micros / 1_000_000} s`;
}

test("the constants of spec/path.md are those of the code, and none is left out", () => {
  const left = new Set([...Object.keys(PATH_TIMES), ...Object.keys(PATH_BOUNDS)]);
  const t = (name: keyof typeof PATH_TIMES): string => {
    left.delete(name);
    return time(PATH_TIMES[name]);
  };
  const n = (name: keyof typeof PATH_BOUNDS): string => {
    left.delete(name);
    return `${PATH_BOUNDS[name]}`;
  };
  const expected: Readonly<Record<string, string>> = {
    "between checks": t("paceMicros"),
    "check again: first, most": `${t("retryMicros")}, ${t("maxRetryMicros")}`,
    "silence until failed": t("failMicros"),
    "failed: checked again, while a direct path is selected": `${t("recheckMicros")}, ${t("idleRecheckMicros")}`,
    "learned and failed: forgotten": t("forgetMicros"),
    "proven: checked again, without an answer": `${t("keepAliveMicros")}, ${t("keepAliveRetryMicros")}`,
    "between measurements; how many": `${t("sampleMicros")}; ${n("samples")}`,
    "doubt; checks to it, to the others; until death, beside a living path": `${t("doubtMicros")}; ${t("doubtCheckMicros")}, ${t("doubtOtherMicros")}; ${n("doubtChecks")}, ${n("doubtChecksBeside")}`,
    "round trip where none is known": t("unknownRttMicros"),
    "nomination again, most": t("maxNominationMicros"),
    "heard elsewhere: nominated again, most": `${t("strayMicros")}, ${t("maxStrayMicros")}`,
    "held back after a death, most; forgiven": `${t("holdMicros")}, ${t("maxHoldMicros")}; ${t("forgivenMicros")}`,
    "quicker path: by, not within": `${t("quickerMicros")} and 20 %, ${t("dwellMicros")}`,
    "an answer counts": t("answerMicros"),
    "checks without an answer, not selected": n("keepAliveChecks"),
    "checks that wait for an answer, a path": n("outstanding"),
    "candidates told, learned": `${n("told")}, ${n("learned")}`,
    "datagrams of unknown addresses that are verified, a second": n("strangers"),
  };
  assert.deepEqual(Object.fromEntries(rows("## 7. Constants")), expected);
  assert.deepEqual([...left], ["events"]);
});

test("spec/path.md names every counter of what is dropped", () => {
  const named = new Set(rows("## 8. Errors").map(([cell = ""]) => cell.replaceAll("`", "")));
  const others = ["checksSent", "answersSent", "checksReceived", "answersReceived"];
  for (const name of Object.keys(newPathCounters()))
    if (![...others, "selections", "doubts", "deaths"].includes(name))
      assert.ok(named.has(name), name);
});
