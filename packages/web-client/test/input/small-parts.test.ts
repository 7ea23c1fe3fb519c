import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { composesLive, textDifference } from "../../src/input/composition.ts";
import { GamepadPlaces } from "../../src/input/gamepad-places.ts";
import {
  GamepadButton,
  NEUTRAL_GAMEPAD,
  readGamepad,
  sameGamepad,
} from "../../src/input/gamepad-state.ts";
import { Latches } from "../../src/input/latches.ts";
import { stickAt, stickDirections } from "../../src/input/stick.ts";

const [A, B, CONTROL, SHIFT] = [4, 5, 0xe0, 0xe1];

test("deleting and typing what differs makes one text of another", () => {
  assert.equal(textDifference("", "hel"), "hel");
  assert.equal(textDifference("helo", "hello"), "\blo");
  assert.equal(textDifference("teh", "the"), "\b\bhe");
  assert.equal(textDifference("a😀", "a😁"), "\b😁");
  const any = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(any, any, (before, after) => {
      const screen = Array.from(before);
      for (const each of textDifference(before, after)) {
        if (each === "\b") screen.pop();
        else screen.push(each);
      }
      assert.equal(screen.join(""), after);
    }),
  );
});

test("only languages that are not converted are typed while they are composed", () => {
  assert.deepEqual(["en-GB", "de", "zh-Hant", "ja", "ko-KR"].map(composesLive), [
    ...[true, true, false, false, false],
  ]);
});

test("a latched modifier holds for one key, a locked one until it is tapped again", () => {
  const told: number[] = [];
  let changes = 0;
  const latches = new Latches(
    (usage, down) => told.push(down ? usage : -usage),
    () => changes++,
  );
  latches.tapModifier(CONTROL);
  assert.equal(latches.state(CONTROL), "latched");
  latches.key(A, true);
  latches.key(A, true);
  latches.key(A, false);
  assert.equal(latches.state(CONTROL), "off");
  assert.deepEqual(told, [CONTROL, A, -A, -CONTROL]);
  told.length = 0;
  latches.tapModifier(SHIFT);
  latches.tapModifier(SHIFT);
  assert.equal(latches.state(SHIFT), "locked");
  latches.key(A, true);
  latches.key(A, false);
  latches.tapModifier(SHIFT);
  assert.deepEqual(told, [SHIFT, A, -A, -SHIFT]);
  assert.ok(changes > 0);
});

test("a latched modifier holds until the last of several keys is up, and everything is released when asked", () => {
  const told: number[] = [];
  const latches = new Latches(
    (usage, down) => told.push(down ? usage : -usage),
    () => {},
  );
  latches.tapModifier(CONTROL);
  latches.key(A, true);
  latches.key(B, true);
  latches.key(A, false);
  assert.equal(latches.state(CONTROL), "latched");
  latches.releaseAll();
  assert.deepEqual(told, [CONTROL, A, B, -A, -B, -CONTROL]);
  latches.key(B, false);
  assert.equal(told.length, 6);
});

test("a controller is read by the standard's indices, within its bounds", () => {
  assert.deepEqual(readGamepad({ buttons: [], axes: [] }), NEUTRAL_GAMEPAD);
  const buttons = Array.from({ length: 20 }, () => ({ pressed: false, value: 0 }));
  buttons[GamepadButton.south] = { pressed: true, value: 1 };
  buttons[GamepadButton.rightTrigger] = { pressed: true, value: 0.5 };
  buttons[19] = { pressed: true, value: 1 };
  const state = readGamepad({ buttons, axes: [-1, 2, 0.5, Number.NaN] });
  assert.equal(state.buttons, (1 << GamepadButton.south) | (1 << GamepadButton.rightTrigger));
  assert.deepEqual([state.leftTrigger, state.rightTrigger], [0, 128]);
  assert.deepEqual(
    [state.leftX, state.leftY, state.rightX, state.rightY],
    [-32767, 32767, 16384, 0],
  );
  assert.ok(sameGamepad(state, { ...state }));
  assert.ok(!sameGamepad(state, { ...state, leftX: 1 }));
});

test("each controller keeps the lowest place that was free, and a fifth waits for one", () => {
  const told: string[] = [];
  const places = new GamepadPlaces<string>((place, state) =>
    told.push(`${place} ${state?.buttons ?? "gone"}`),
  );
  const press = (name: string, buttons: number): void =>
    places.set(name, { ...NEUTRAL_GAMEPAD, buttons });
  for (const [index, name] of ["a", "b", "c", "d", "e"].entries()) press(name, index);
  places.set("z", undefined);
  assert.deepEqual(told.splice(0), ["0 0", "1 1", "2 2", "3 3"]);
  assert.deepEqual([places.has("d"), places.has("e")], [true, false]);
  places.set("b", undefined);
  press("e", 9);
  press("d", 8);
  places.set("b", undefined);
  assert.deepEqual(told, ["1 gone", "1 9", "3 8"]);
});

test("a stick goes to its edge and no further, and stands for up to two keys", () => {
  assert.deepEqual(stickAt(0, 0, 60), { x: 0, y: 0 });
  assert.deepEqual(stickAt(30, 0, 60), { x: 0.5, y: 0 });
  assert.deepEqual(stickAt(0, -600, 60), { x: 0, y: -1 });
  const names = (x: number, y: number): string =>
    Object.entries(stickDirections(x, y))
      .filter(([, held]) => held)
      .map(([name]) => name)
      .join(" ");
  assert.equal(names(0.2, 0.2), "");
  assert.equal(names(0, -1), "up");
  assert.equal(names(0.2, -0.9), "up");
  assert.equal(names(0.7, 0.7), "down right");
  assert.equal(names(-1, 0), "left");
});
