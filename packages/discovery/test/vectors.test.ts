import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isMarkOf, readMark } from "../src/mark.ts";
import { labelOf, numbered } from "../src/service.ts";

const vectors = JSON.parse(
  readFileSync(new URL("../../../spec/vectors/discovery.json", import.meta.url), "utf8"),
) as {
  readonly marks: readonly { readonly wavryId: string; readonly s: string; readonly h: string }[];
  readonly labels: readonly { readonly name: string; readonly label: string }[];
  readonly numbered: readonly {
    readonly name: string;
    readonly number: number;
    readonly label: string;
  }[];
};

test("the marks of the specification are those of their Wavry IDs, and of no other", () => {
  for (const { wavryId, s, h } of vectors.marks) {
    const mark = readMark(["v=1", `s=${s}`, `h=${h}`])!;
    assert.ok(isMarkOf(mark, wavryId));
    for (const other of vectors.marks)
      assert.equal(isMarkOf(mark, other.wavryId), other.wavryId === wavryId);
    assert.ok(
      !isMarkOf({ ...mark, salt: mark.salt.toLowerCase() }, wavryId) || s === s.toLowerCase(),
    );
  }
});

test("names become the labels of the specification", () => {
  for (const { name, label } of vectors.labels) assert.equal(labelOf(name), label);
  for (const { name, number, label } of vectors.numbered)
    assert.equal(numbered(name, number), label);
});
