import assert from "node:assert/strict";
import { test } from "node:test";
import { GamepadButton, type GamepadState, NEUTRAL_GAMEPAD } from "@wavry/rift-core";
import fc from "fast-check";
import type { VirtualDeviceOptions } from "../src/backends/uinput-device.ts";
import { emitGamepad } from "../src/backends/uinput-gamepad-events.ts";
import { type PadDevice, UinputGamepads } from "../src/backends/uinput-gamepads.ts";
import { InputError } from "../src/input-error.ts";

const pressed = (...buttons: readonly number[]): GamepadState => ({
  ...NEUTRAL_GAMEPAD,
  buttons: buttons.reduce((all, button) => all | (1 << button), 0),
});

/** Devices that write down what the kernel would get. */
function fakeKernel(refuses: (device: number) => boolean = () => false) {
  const events: string[] = [];
  const declared: string[] = [];
  const clock = { millis: 0 };
  let made = 0;
  const makeDevice = ({ configure }: VirtualDeviceOptions): PadDevice => {
    const device = made++;
    if (refuses(device)) throw new InputError("not-supported", "refused");
    configure({
      enable: (kind, code) => declared.push(`${kind} ${code}`),
      enableAbsolute: (axis) => declared.push(`3 ${axis}`),
    });
    let batch: string[] = [];
    return {
      emit: (kind, code, value) => batch.push(`${device}: ${kind} ${code} ${value}`),
      endReport: () => batch.push(`${device}: end`),
      flush: () => {
        events.push(...batch);
        batch = [];
      },
      close: () => events.push(`${device}: closed`),
    };
  };
  const gamepads = new UinputGamepads({ makeDevice, now: () => clock.millis });
  return { events, declared, gamepads, clock };
}

test("each state of a controller is one report, and what did not change is not in it", () => {
  const { events, declared, gamepads } = fakeKernel();
  gamepads.gamepad(0, pressed(GamepadButton.south));
  gamepads.gamepad(0, NEUTRAL_GAMEPAD);
  gamepads.gamepad(0, NEUTRAL_GAMEPAD);
  gamepads.gamepad(0, { ...NEUTRAL_GAMEPAD, leftX: -32_767, rightTrigger: 9 });
  assert.deepEqual(events, []);
  gamepads.flush();
  assert.deepEqual(events, [
    ...["0: 1 304 1", "0: end", "0: 1 304 0", "0: end"],
    ...["0: 3 0 -32767", "0: 3 5 9", "0: end"],
  ]);
  for (const code of ["1 304", "3 0", "3 5"]) assert.ok(declared.includes(code), code);
});

test("directions are a hat, and triggers that only click are pulled whole", () => {
  const { up, right, leftTrigger } = GamepadButton;
  const events: string[] = [];
  emitGamepad(NEUTRAL_GAMEPAD, pressed(up, right, leftTrigger), (...event) =>
    events.push(event.join(" ")),
  );
  assert.deepEqual(events, ["3 2 255", "3 16 1", "3 17 -1"]);
});

test("whatever a controller does, the events add up to its state", () => {
  const axis = fc.integer({ min: -32_768, max: 32_767 });
  const trigger = fc.integer({ min: 0, max: 255 });
  const state = fc.record({
    buttons: fc.integer({ min: 0, max: 0x1ffff }),
    ...{ leftTrigger: trigger, rightTrigger: trigger },
    ...{ leftX: axis, leftY: axis, rightX: axis, rightY: axis },
  });
  const heldOf = (states: readonly GamepadState[]) => {
    const held = new Map<string, number>();
    let before = NEUTRAL_GAMEPAD;
    for (const after of states) {
      emitGamepad(before, after, (kind, code, value) => held.set(`${kind} ${code}`, value));
      before = after;
    }
    return new Map([...held].filter(([, value]) => value !== 0).sort());
  };
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 6 }), (states) => {
      assert.deepEqual(heldOf(states), heldOf(states.slice(-1)));
    }),
  );
});

test("each controller has a device of its own, which is gone when it is unplugged", () => {
  const { events, gamepads, clock } = fakeKernel();
  gamepads.gamepad(2, NEUTRAL_GAMEPAD);
  gamepads.gamepad(1, NEUTRAL_GAMEPAD);
  gamepads.gamepad(2, undefined);
  gamepads.gamepad(2, undefined);
  clock.millis = 500;
  gamepads.gamepad(2, pressed(0));
  gamepads.flush();
  gamepads.close();
  gamepads.close();
  assert.deepEqual(events, ["0: closed", "2: 1 304 1", "2: end", "1: closed", "2: closed"]);
});

test("a device that cannot be made is told once, and tried again when it is plugged in anew", () => {
  const { events, gamepads, clock } = fakeKernel((device) => device === 0);
  clock.millis = 1;
  gamepads.gamepad(0, pressed(0));
  gamepads.gamepad(0, NEUTRAL_GAMEPAD);
  assert.throws(() => gamepads.flush(), { name: "InputError", code: "not-supported" });
  gamepads.gamepad(0, pressed(0));
  gamepads.flush();
  assert.deepEqual(events, []);
  gamepads.gamepad(0, undefined);
  clock.millis = 501;
  gamepads.gamepad(0, pressed(0));
  gamepads.flush();
  assert.deepEqual(events, ["1: 1 304 1", "1: end"]);
});

test("a client that plugs and unplugs all the time costs no more than two devices a second", () => {
  const { events, gamepads, clock } = fakeKernel();
  for (; clock.millis < 2_000; clock.millis++) {
    gamepads.gamepad(0, pressed(clock.millis % 2));
    gamepads.gamepad(0, undefined);
  }
  gamepads.flush();
  assert.deepEqual(events, ["0: closed", "1: closed", "2: closed", "3: closed"]);
  gamepads.gamepad(0, pressed(1));
  gamepads.gamepad(0, undefined);
  gamepads.gamepad(0, pressed(1));
  clock.millis += 500;
  gamepads.gamepad(0, pressed(1));
  gamepads.flush();
  assert.deepEqual(events.slice(4), ["4: closed", "5: 1 305 1", "5: end"]);
});
