import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TouchGestures, type TouchMode } from "../../src/input/touch-gestures.ts";

function setup(mode: TouchMode = "move") {
  const told: string[] = [];
  const gestures = new TouchGestures(
    {
      pointTo: (x, y) => told.push(`at ${x},${y}`),
      moveBy: (dx, dy) => told.push(`by ${dx},${dy}`),
      button: (button, down) => told.push(`${down ? "press" : "release"} ${button}`),
      scroll: (dx, dy) => told.push(`scroll ${dx},${dy}`),
    },
    mode,
  );
  return { told, gestures };
}

const CLICK = ["press 1", "release 1"];
const RIGHT_CLICK = ["press 2", "release 2"];

test("a tap is a click where the finger came down", () => {
  const { told, gestures } = setup();
  gestures.down(1, 50, 60, 0);
  gestures.move(1, 55, 63);
  gestures.up(1, 100);
  assert.deepEqual(told, ["at 50,60", ...CLICK]);
  assert.equal(gestures.dueAtMillis, undefined);
});

test("two taps are clicks at one place, so that the host sees a double click", () => {
  const { told, gestures } = setup();
  gestures.down(1, 50, 60, 0);
  gestures.up(1, 80);
  gestures.down(2, 58, 66, 200);
  gestures.up(2, 260);
  assert.deepEqual(told, ["at 50,60", ...CLICK, "at 50,60", ...CLICK]);
});

test("a finger that stays is a right click, and nothing more until it is lifted", () => {
  const { told, gestures } = setup();
  gestures.down(1, 50, 60, 1000);
  assert.equal(gestures.dueAtMillis, 1500);
  gestures.handleTimeout(1499);
  assert.deepEqual(told, []);
  gestures.handleTimeout(1500);
  gestures.move(1, 200, 200);
  gestures.up(1, 2000);
  assert.deepEqual(told, ["at 50,60", ...RIGHT_CLICK]);
});

test("a tap of two fingers is a right click", () => {
  const { told, gestures } = setup();
  gestures.down(1, 50, 60, 0);
  gestures.down(2, 90, 60, 40);
  gestures.up(2, 120);
  gestures.up(1, 130);
  assert.deepEqual(told, ["at 50,60", ...RIGHT_CLICK]);
});

test("a sliding finger leads the pointer, drags, or moves it by its distance, as the mode says", () => {
  const slide = (mode: TouchMode): string[] => {
    const { told, gestures } = setup(mode);
    gestures.down(1, 50, 60, 0);
    gestures.move(1, 70, 60);
    gestures.move(1, 71, 62);
    gestures.up(1, 300);
    return told;
  };
  assert.deepEqual(slide("move"), ["at 70,60", "at 71,62"]);
  assert.deepEqual(slide("drag"), ["at 50,60", "press 1", "at 70,60", "at 71,62", "release 1"]);
  assert.deepEqual(slide("trackpad"), ["by 20,0", "by 1,2"]);
});

test("a tap on the trackpad clicks where the pointer is", () => {
  const { told, gestures } = setup("trackpad");
  gestures.down(1, 50, 60, 0);
  gestures.up(1, 50);
  assert.deepEqual(told, CLICK);
});

test("a tap and then a slide is a drag from where the tap was", () => {
  const { told, gestures } = setup();
  gestures.down(1, 50, 60, 0);
  gestures.up(1, 80);
  gestures.down(2, 52, 61, 150);
  gestures.move(2, 80, 61);
  gestures.up(2, 900);
  assert.deepEqual(told.slice(3), ["at 50,60", "press 1", "at 80,61", "release 1"]);
});

test("two fingers scroll what is under them, which follows them", () => {
  const { told, gestures } = setup();
  gestures.down(1, 100, 100, 0);
  gestures.down(2, 140, 100, 10);
  for (const y of [108, 116, 124]) {
    gestures.move(1, 100, y);
    gestures.move(2, 140, y);
  }
  gestures.up(1, 500);
  gestures.up(2, 510);
  assert.equal(told[0], "at 120,100");
  const scrolled = told.slice(1).map((each) => Number(each.split(",")[1]));
  assert.equal(
    scrolled.reduce((sum, each) => sum + each, 0),
    24 * 3,
  );
  assert.ok(told.slice(1).every((each) => each.startsWith("scroll ")));
});

test("pinching and three fingers do nothing", () => {
  const { told, gestures } = setup();
  gestures.down(1, 100, 100, 0);
  gestures.down(2, 140, 100, 10);
  gestures.move(1, 80, 100);
  gestures.move(2, 165, 100);
  gestures.move(2, 300, 200);
  gestures.up(1, 100);
  gestures.up(2, 110);
  for (const id of [1, 2, 3]) gestures.down(id, 10 * id, 10, 1000);
  for (const id of [1, 2, 3]) gestures.up(id, 1050);
  assert.deepEqual(told, []);
});

test("what is cancelled lets go of the button", () => {
  const { told, gestures } = setup("drag");
  gestures.down(1, 50, 60, 0);
  gestures.move(1, 90, 60);
  gestures.cancel();
  gestures.up(1, 100);
  assert.deepEqual(told, ["at 50,60", "press 1", "at 90,60", "release 1"]);
  gestures.down(3, 10, 10, 5000);
  gestures.up(3, 5050);
  assert.deepEqual(told.slice(4), ["at 10,10", ...CLICK]);
});

test("whatever fingers do, every press is released once they are all up", () => {
  const step = fc.record({
    kind: fc.constantFrom("down", "move", "up", "wait", "cancel"),
    id: fc.nat(3),
    x: fc.nat(300),
    y: fc.nat(300),
    wait: fc.nat(700),
  });
  const modes = fc.constantFrom<TouchMode>("move", "drag", "trackpad");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), modes, (steps, mode) => {
      const { told, gestures } = setup(mode);
      let now = 0;
      for (const { kind, id, x, y, wait } of steps) {
        now += wait;
        if (gestures.dueAtMillis !== undefined) gestures.handleTimeout(now);
        if (kind === "down") gestures.down(id, x, y, now);
        if (kind === "move") gestures.move(id, x, y);
        if (kind === "up") gestures.up(id, now);
        if (kind === "cancel") gestures.cancel();
      }
      for (const id of [0, 1, 2, 3]) gestures.up(id, now);
      const held = new Set<string>();
      for (const each of told) {
        const [what = "", button = ""] = each.split(" ");
        if (what === "press") {
          assert.ok(!held.has(button));
          held.add(button);
        }
        if (what === "release") assert.ok(held.delete(button));
      }
      assert.deepEqual([...held], []);
      assert.equal(gestures.dueAtMillis, undefined);
    }),
  );
});
