import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../../../..");
const TEXT = readFileSync(resolve(ROOT, "docs/security-asvs.md"), "utf8");
const STATES = ["met", "partly", "not met", "n/a"] as const;

/** The cells of all rows of tables, without those of their heads' underlines. */
const cells = TEXT.split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| --"))
  .map((line) =>
    line
      .slice(1, -1)
      .split(/ \|/)
      .map((cell) => cell.trim()),
  );
const tests = cells
  .filter(([id]) => /^T\d+$/.test(id ?? ""))
  .map(([id = "", file = "", name = ""]) => ({ id, file, name }));
const requirements = cells
  .filter(([number]) => /^\d+\.\d+\.\d+$/.test(number ?? ""))
  .map(([number = "", state = "", asked = "", answer = ""]) => ({ number, state, asked, answer }));

test("each test that the list names is there", () => {
  assert.ok(tests.length > 80);
  for (const { id, file, name } of tests) {
    const source = readFileSync(resolve(ROOT, file), "utf8");
    assert.ok(source.includes(name), `${id}: ${file} has no test "${name}"`);
  }
});

test("each test of the list is referred to, and each that is referred to is in the list", () => {
  const referred = new Set([...TEXT.matchAll(/\[(T\d+)\]/g)].map(([, id]) => id));
  assert.deepEqual([...referred].sort(), tests.map(({ id }) => id).sort());
  assert.equal(new Set(tests.map(({ file, name }) => `${file} ${name}`)).size, tests.length);
});

test("each file of the source that the list names is there, with what it is to have", () => {
  const named = [
    ...TEXT.matchAll(
      /`((?:apps|packages|docs|spec)\/[^`]+|[a-zA-Z-]+\.(?:md|json))`( `([^`]+)`)?/g,
    ),
  ];
  assert.ok(named.length > 40);
  for (const [, file = "", , what] of named) {
    assert.ok(existsSync(resolve(ROOT, file)), file);
    if (what === undefined) continue;
    const source = readFileSync(resolve(ROOT, file), "utf8");
    assert.ok(source.includes(what), `${file} has no ${what}`);
  }
});

test("each requirement is listed once, in order, with a state and an answer that fits it", () => {
  assert.ok(requirements.length > 200);
  const weight = (number: string) =>
    number.split(".").reduce((sum, part) => sum * 100 + Number(part), 0);
  let last = 0;
  for (const { number, state, asked, answer } of requirements) {
    assert.ok(weight(number) > last, number);
    last = weight(number);
    assert.ok((STATES as readonly string[]).includes(state), `${number}: ${state}`);
    assert.ok(asked !== "" && answer !== "", number);
  }
});

test("the summary counts what is below it", () => {
  const count = (chapter: string) => {
    const own = requirements.filter(({ number }) => number.startsWith(chapter));
    const counts = STATES.map((state) => own.filter((one) => one.state === state).length);
    return [...counts, own.length].map(String);
  };
  const summary = cells.filter(([name]) => /^V\d+ /.test(name ?? ""));
  assert.equal(summary.length, 14);
  for (const [name = "", ...counts] of summary)
    assert.deepEqual(counts, count(`${/^V(\d+)/.exec(name)?.[1]}.`), name);
  const [, ...all] = cells.find(([name]) => name === "**all**") ?? [];
  assert.deepEqual(
    all.map((text) => text.replaceAll("*", "")),
    count(""),
  );
});
