/** What a game controller is doing; the same numbers as XInput and evdev use. */
export interface GamepadState {
  /** Bit n: button n of the W3C standard gamepad is down, 0..16; both triggers are in their own fields besides. */
  readonly buttons: number;
  /** How far the triggers are pulled, 0..255. */
  readonly leftTrigger: number;
  readonly rightTrigger: number;
  /** Sticks, -32767..32767, positive to the right and towards the user. */
  readonly leftX: number;
  readonly leftY: number;
  readonly rightX: number;
  readonly rightY: number;
}

/** Buttons of the W3C standard gamepad by their index. */
export const GamepadButton = {
  south: 0,
  east: 1,
  west: 2,
  north: 3,
  leftBumper: 4,
  rightBumper: 5,
  leftTrigger: 6,
  rightTrigger: 7,
  select: 8,
  start: 9,
  leftStick: 10,
  rightStick: 11,
  up: 12,
  down: 13,
  left: 14,
  right: 15,
  home: 16,
} as const;
export type GamepadButton = (typeof GamepadButton)[keyof typeof GamepadButton];

/** A controller at rest. */
export const NEUTRAL_GAMEPAD: GamepadState = {
  buttons: 0,
  leftTrigger: 0,
  rightTrigger: 0,
  leftX: 0,
  leftY: 0,
  rightX: 0,
  rightY: 0,
};

const BUTTONS = 17;

/** What of a `Gamepad` of the Gamepad API counts. */
export interface GamepadReading {
  readonly buttons: readonly { readonly pressed: boolean; readonly value: number }[];
  readonly axes: readonly number[];
}

/** Reads a controller; one without the standard mapping is read by the same indices. */
export function readGamepad({ buttons, axes }: GamepadReading): GamepadState {
  let pressed = 0;
  for (let index = 0; index < BUTTONS; index++)
    if (buttons[index]?.pressed === true) pressed |= 1 << index;
  return {
    buttons: pressed,
    leftTrigger: toByte(buttons[GamepadButton.leftTrigger]?.value),
    rightTrigger: toByte(buttons[GamepadButton.rightTrigger]?.value),
    leftX: toAxis(axes[0]),
    leftY: toAxis(axes[1]),
    rightX: toAxis(axes[2]),
    rightY: toAxis(axes[3]),
  };
}

/** Whether two states are the same. */
export function sameGamepad(a: GamepadState, b: GamepadState): boolean {
  return (
    a.buttons === b.buttons &&
    a.leftTrigger === b.leftTrigger &&
    a.rightTrigger === b.rightTrigger &&
    a.leftX === b.leftX &&
    a.leftY === b.leftY &&
    a.rightX === b.rightX &&
    a.rightY === b.rightY
  );
}

function toByte(value = 0): number {
  return Math.round(Math.max(0, Math.min(1, value || 0)) * 255);
}

function toAxis(value = 0): number {
  // A driver may give NaN.
  return Math.round(Math.max(-1, Math.min(1, value || 0)) * 32_767);
}
