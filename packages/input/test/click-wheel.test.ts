import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ClickWheel } from "../src/click-wheel.ts";

test("the notches are the whole part of all turning, whatever its steps", () => {
  const turns = fc.array(fc.integer({ min: -500, max: 500 }));
  fc.assert(
    fc.property(turns, (steps) => {
      const wheel = new ClickWheel();
      let [total, notches] = [0, 0];
      for (const step of steps) {
        total += step;
        notches += wheel.turn(step);
        assert.ok(Math.abs(total - notches * 120) < 120);
      }
    }),
  );
});

test("turning back by less than a notch clicks nothing", () => {
  const wheel = new ClickWheel();
  assert.deepEqual(
    [100, 30, -20, 119, -119].map((step) => wheel.turn(step)),
    [0, 1, 0, 0, 0],
  );
});
