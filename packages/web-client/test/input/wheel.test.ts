import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Wheel, type WheelSignal } from "../../src/input/wheel.ts";

function turn(wheel: Wheel, signal: Partial<WheelSignal>): [number, number] {
  const { dx, dy } = wheel.turn({
    ...{ deltaX: 0, deltaY: 0, deltaMode: 0, shift: false },
    ...signal,
  });
  return [dx, dy];
}

test("a notch is 120, away from the user and to the right positive, in pixels, lines and pages", () => {
  assert.deepEqual(turn(new Wheel(), { deltaY: 100 }), [0, -120]);
  assert.deepEqual(turn(new Wheel(), { deltaY: -3, deltaMode: 1 }), [0, 120]);
  assert.deepEqual(turn(new Wheel(), { deltaX: 1, deltaMode: 2 }), [120, 0]);
});

test("what browsers say in notches goes before pixels, whose number differs between systems", () => {
  assert.deepEqual(turn(new Wheel(), { deltaY: 53, wheelDeltaY: -120, wheelDeltaX: 0 }), [0, -120]);
  assert.deepEqual(turn(new Wheel(), { deltaX: 53, wheelDeltaX: -120 }), [120, 0]);
  assert.deepEqual(turn(new Wheel(), { deltaY: 3, deltaMode: 1, wheelDeltaY: -48 }), [0, -120]);
});

test("a wheel under Shift is an upright one again", () => {
  assert.deepEqual(turn(new Wheel(), { deltaX: 100, shift: true }), [0, -120]);
  assert.deepEqual(turn(new Wheel(), { deltaY: 100, shift: true }), [0, -120]);
});

test("what is smaller than 1/120 notch is kept, so that nothing is lost in the sum", () => {
  const wheel = new Wheel();
  assert.deepEqual(turn(wheel, { deltaY: 0.5 }), [0, 0]);
  assert.deepEqual(turn(wheel, { deltaY: 0.5 }), [0, -1]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: -50, max: 50, noNaN: true })), (deltas) => {
      const wheel = new Wheel();
      let [sum, told] = [0, 0];
      for (const deltaY of deltas) {
        sum += (-deltaY * 120) / 100;
        const [, dy] = turn(wheel, { deltaY });
        assert.ok(Number.isInteger(dy) && !Object.is(dy, -0));
        told += dy;
      }
      assert.ok(Math.abs(sum - told) < 1 + 1e-6);
    }),
  );
});
