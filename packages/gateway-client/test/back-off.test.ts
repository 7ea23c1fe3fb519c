import assert from "node:assert/strict";
import { test } from "node:test";
import { BackOff } from "../src/back-off.ts";

test("each wait is up to twice the one before, half of it chance, and bounded", () => {
  const least = new BackOff({ firstMillis: 100, maxMillis: 1_000 }, () => 0);
  const most = new BackOff({ firstMillis: 100, maxMillis: 1_000 }, () => 1);
  assert.deepEqual(
    Array.from({ length: 6 }, () => least.next()),
    [50, 100, 200, 400, 500, 500],
  );
  assert.deepEqual(
    Array.from({ length: 6 }, () => most.next()),
    [100, 200, 400, 800, 1_000, 1_000],
  );
  for (let count = 0; count < 5_000; count++) assert.equal(most.next(), 1_000);
  most.reset();
  assert.equal(most.next(), 100);
});
