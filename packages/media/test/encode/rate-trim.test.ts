import assert from "node:assert/strict";
import { test } from "node:test";
import { RateTrim } from "../../src/encode/rate-trim.ts";

/** An encoder that gives so much of what it is asked for; the pictures' mean share after `pictures`. */
function settle(trim: RateTrim, given: number, pictures: number): number {
  let last = 0;
  for (let i = 0; i < pictures; i++) {
    last = trim.factor * given;
    trim.add(last);
  }
  return last;
}

test("an encoder that stays a tenth below its rate is asked for so much more that it gives what is wanted", () => {
  const trim = new RateTrim();
  const share = settle(trim, 0.9, 600);
  assert.ok(share > 0.97 && share < 1.03, `share ${share}`);
});

test("an encoder that gives what it is asked for is left alone", () => {
  const trim = new RateTrim();
  settle(trim, 1, 300);
  assert.equal(trim.factor, 1);
});

test("pictures that need less than half of their share say nothing of the encoder", () => {
  const trim = new RateTrim();
  for (let i = 0; i < 300; i++) assert.equal(trim.add(0.2), false);
  assert.equal(trim.factor, 1);
});

test("no more than a fifth is ever added, and it is taken back when pictures grow", () => {
  const trim = new RateTrim();
  settle(trim, 0.6, 600);
  assert.ok(trim.factor > 1.15 && trim.factor <= 1.2, `factor ${trim.factor}`);
  settle(trim, 1, 600);
  assert.ok(trim.factor < 1.05, `factor ${trim.factor}`);
});
