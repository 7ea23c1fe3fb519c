import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const TEXT = readFileSync(resolve(ROOT, "docs/threat-model.md"), "utf8");
const ROW = /^\| ([A-Z]\d+) +\| (\S+) +\| (.+?) *\|$/gm;

const rows = [...TEXT.matchAll(ROW)].map(([, id = "", file = "", name = ""]) => ({
  id,
  file,
  name,
}));

test("each test that the threat model names is there", () => {
  assert.ok(rows.length > 40);
  for (const { id, file, name } of rows) {
    const source = readFileSync(resolve(ROOT, file), "utf8");
    assert.ok(source.includes(name), `${id}: ${file} has no test "${name}"`);
  }
});

test("each test that the threat model refers to is in its list, and each in the list is referred to", () => {
  const referred = new Set([...TEXT.matchAll(/\[([A-Z]\d+)\]/g)].map(([, id]) => id));
  assert.deepEqual([...referred].sort(), rows.map(({ id }) => id).sort());
});
