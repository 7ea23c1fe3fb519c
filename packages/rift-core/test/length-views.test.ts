import assert from "node:assert/strict";
import { test } from "node:test";
import { LengthViews } from "@wavry/rift-core";

test("a view of each length is made once, and all begin the same memory", () => {
  const views = new LengthViews(100, 60);
  views.bytes[0] = 7;
  for (const length of [0, 1, 60]) {
    assert.equal(views.first(length).length, length);
    assert.equal(views.first(length), views.first(length));
  }
  assert.equal(views.first(60)[0], 7);
});

test("a view beyond the longest is refused", () => {
  const views = new LengthViews(100, 60);
  for (const length of [61, 100, -1, Number.NaN])
    assert.throws(() => views.first(length), RangeError);
});
