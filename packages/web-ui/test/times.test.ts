import assert from "node:assert/strict";
import { test } from "node:test";
import { fromNow } from "../src/times.ts";

const NOW = Date.UTC(2026, 5, 1, 12);
const locale = "en";

test("a moment is told in the largest unit that it is full of, before and after", () => {
  for (const [millis, text] of [
    [-61_000, "1 minute ago"],
    [-3_599_999, "59 minutes ago"],
    [3_600_000, "in 1 hour"],
    [86_399_999, "in 23 hours"],
    [-86_400_000, "yesterday"],
    [-20 * 86_400_000, "20 days ago"],
  ] as const)
    assert.equal(fromNow({ at: NOW + millis, now: NOW, locale }), text);
});

test("what is less than a minute away has no words of its own", () => {
  for (const millis of [0, 59_999, -59_999])
    assert.equal(fromNow({ at: NOW + millis, now: NOW, locale }), undefined);
});

test("the words are of the locale", () => {
  assert.equal(fromNow({ at: NOW - 7_200_000, now: NOW, locale: "de" }), "vor 2 Stunden");
});
