import assert from "node:assert/strict";
import { test } from "node:test";
import { InputFilter } from "../../src/present/input-filter.ts";

const CONTROL = 224;
const SHIFT = 225;
const ALT = 226;
const Q = 20;
const A = 4;

test("each key goes out once down and once up, and repeats are dropped", () => {
  const filter = new InputFilter();
  filter.key(A, true, "a");
  filter.key(A, true, "a");
  filter.key(A, false, "a");
  filter.key(A, false, "a");
  assert.deepEqual(filter.take(), [
    { type: "key", usage: A, down: true },
    { type: "key", usage: A, down: false },
  ]);
  assert.deepEqual(filter.take(), []);
});

test("a chord releases all that is held, is not sent on, and works again while its keys are held", () => {
  const filter = new InputFilter();
  filter.button(1, true);
  for (const key of [CONTROL, ALT, SHIFT]) filter.key(key, true);
  filter.take();
  assert.equal(filter.key(Q, true, "q"), "quit");
  const released = filter.take();
  assert.deepEqual(
    released.map((event) => (event.type === "key" ? [event.usage, event.down] : event.type)),
    [[CONTROL, false], [ALT, false], [SHIFT, false], "button"],
  );
  assert.equal(filter.key(Q, false, "q"), undefined);
  assert.equal(filter.key(22, true, "s"), "statistics");
  filter.key(22, false, "s");
  for (const key of [CONTROL, ALT, SHIFT]) filter.key(key, false);
  assert.deepEqual(filter.take(), []);
});

test("a chord goes by the letter of the layout, and by position where that is not Latin", () => {
  const pressed = (usage: number, letter: string): string | undefined => {
    const filter = new InputFilter();
    for (const key of [CONTROL, ALT, SHIFT]) filter.key(key, true);
    return filter.key(usage, true, letter);
  };
  assert.equal(pressed(A, "q"), "quit");
  assert.equal(pressed(Q, "a"), undefined);
  assert.equal(pressed(Q, "й"), "quit");
});

test("losing the keyboard releases everything first", () => {
  const filter = new InputFilter();
  filter.key(A, true);
  filter.button(3, true);
  filter.take();
  filter.focus(false);
  assert.deepEqual(filter.take(), [
    { type: "key", usage: A, down: false },
    { type: "button", button: 3, down: false },
    { type: "focus", focused: false },
  ]);
  filter.key(A, false);
  assert.deepEqual(filter.take(), []);
});

test("motion of one batch is summed up, but never across a button", () => {
  const filter = new InputFilter();
  const area = { x: 10, y: 0, width: 100, height: 100 };
  filter.pointer(20, 20, area);
  filter.pointer(60, 50, area);
  filter.button(1, true);
  filter.pointer(5, 50, area);
  filter.motion(2, 3);
  filter.motion(-1, 4);
  assert.deepEqual(filter.take(), [
    { type: "pointer", x: Math.floor(50.5 * 655.36), y: Math.floor(50.5 * 655.36) },
    { type: "button", button: 1, down: true },
    { type: "pointer", x: Math.floor(0.5 * 655.36), y: Math.floor(50.5 * 655.36) },
    { type: "motion", dx: 1, dy: 7 },
  ]);
});

test("fractions of a wheel's notch add up to whole 1/120 steps", () => {
  const filter = new InputFilter();
  for (let turn = 0; turn < 480; turn++) filter.wheel(0, 1 / 480);
  const total = filter
    .take()
    .reduce((sum, event) => sum + (event.type === "wheel" ? event.dy : 0), 0);
  assert.ok(total === 120 || total === 119, String(total));
  filter.wheel(-1, 0);
  assert.deepEqual(filter.take(), [{ type: "wheel", dx: -120, dy: 0 }]);
});
