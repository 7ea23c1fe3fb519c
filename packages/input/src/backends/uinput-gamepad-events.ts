/** A controller as the kernel's xpad driver shows an Xbox 360 pad, which games and SDL know by its identity. */
import { GamepadButton, type GamepadState } from "@wavry/rift-core";
import type { AxisRange, DeviceId } from "./uinput-events.ts";
import { EventKind } from "./uinput-events.ts";

/** Who the device says that it is: bus USB, Microsoft, Xbox 360 controller. */
export const PAD_ID: DeviceId = { bus: 3, vendor: 0x045e, product: 0x028e, version: 0x0110 };

/** ABS_* of a pad. */
export const PadAxis = {
  leftX: 0,
  leftY: 1,
  leftTrigger: 2,
  rightX: 3,
  rightY: 4,
  rightTrigger: 5,
  hatX: 0x10,
  hatY: 0x11,
} as const;

const STICK: AxisRange = { minimum: -32_768, maximum: 32_767, fuzz: 16, flat: 128 };
const TRIGGER: AxisRange = { minimum: 0, maximum: 255 };
const HAT: AxisRange = { minimum: -1, maximum: 1 };

/** The axes that the device declares. */
export const PAD_AXES: readonly (readonly [axis: number, range: AxisRange])[] = [
  [PadAxis.leftX, STICK],
  [PadAxis.leftY, STICK],
  [PadAxis.rightX, STICK],
  [PadAxis.rightY, STICK],
  [PadAxis.leftTrigger, TRIGGER],
  [PadAxis.rightTrigger, TRIGGER],
  [PadAxis.hatX, HAT],
  [PadAxis.hatY, HAT],
];

/** BTN_* by button of the W3C standard gamepad; triggers and directions are axes. */
export const PAD_BUTTONS: readonly (readonly [button: number, code: number])[] = [
  [GamepadButton.south, 0x130],
  [GamepadButton.east, 0x131],
  [GamepadButton.west, 0x133],
  [GamepadButton.north, 0x134],
  [GamepadButton.leftBumper, 0x136],
  [GamepadButton.rightBumper, 0x137],
  [GamepadButton.select, 0x13a],
  [GamepadButton.start, 0x13b],
  [GamepadButton.home, 0x13c],
  [GamepadButton.leftStick, 0x13d],
  [GamepadButton.rightStick, 0x13e],
];

/** Tells `emit` the events that lead from one state to another; whether there was one. */
export function emitGamepad(
  before: GamepadState,
  after: GamepadState,
  emit: (kind: number, code: number, value: number) => void,
): boolean {
  let any = false;
  const set = (kind: number, code: number, from: number, to: number): void => {
    if (from === to) return;
    any = true;
    emit(kind, code, to);
  };
  for (const [button, code] of PAD_BUTTONS)
    set(EventKind.key, code, isDown(before, button), isDown(after, button));
  set(EventKind.abs, PadAxis.leftX, before.leftX, after.leftX);
  set(EventKind.abs, PadAxis.leftY, before.leftY, after.leftY);
  set(EventKind.abs, PadAxis.rightX, before.rightX, after.rightX);
  set(EventKind.abs, PadAxis.rightY, before.rightY, after.rightY);
  set(EventKind.abs, PadAxis.leftTrigger, leftTrigger(before), leftTrigger(after));
  set(EventKind.abs, PadAxis.rightTrigger, rightTrigger(before), rightTrigger(after));
  const { left, right, up, down } = GamepadButton;
  set(EventKind.abs, PadAxis.hatX, hat(before, left, right), hat(after, left, right));
  set(EventKind.abs, PadAxis.hatY, hat(before, up, down), hat(after, up, down));
  return any;
}

function isDown({ buttons }: GamepadState, button: number): number {
  return (buttons >>> button) & 1;
}

/** A controller whose triggers only click has no way to tell of. */
function leftTrigger(state: GamepadState): number {
  return state.leftTrigger || isDown(state, GamepadButton.leftTrigger) * 255;
}

function rightTrigger(state: GamepadState): number {
  return state.rightTrigger || isDown(state, GamepadButton.rightTrigger) * 255;
}

function hat(state: GamepadState, less: number, more: number): number {
  return isDown(state, more) - isDown(state, less);
}
