/** What a game controller is doing; the same numbers as XInput and evdev use. */
export interface GamepadState {
  /** Bit n: button n of the W3C standard gamepad is down, 0..16; both triggers are in their own fields besides. */
  readonly buttons: number;
  /** How far the triggers are pulled, 0..255. */
  readonly leftTrigger: number;
  readonly rightTrigger: number;
  /** Sticks, -32768..32767, positive to the right and towards the user. */
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

/** How many controllers a client, and a host, can have. */
export const MAX_GAMEPADS = 4;
/** How many buttons a controller has. */
export const GAMEPAD_BUTTONS = 17;

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

/** Makes `into` the same as `from`. */
export function copyGamepad(
  into: { -readonly [K in keyof GamepadState]: number },
  from: GamepadState,
): void {
  into.buttons = from.buttons;
  into.leftTrigger = from.leftTrigger;
  into.rightTrigger = from.rightTrigger;
  into.leftX = from.leftX;
  into.leftY = from.leftY;
  into.rightX = from.rightX;
  into.rightY = from.rightY;
}
