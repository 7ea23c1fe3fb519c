import type { GamepadState } from "./gamepad-state.ts";

/** Pointer buttons as the wire numbers them: USB HID usages of page 9, 1..16. */
export const Button = { left: 1, right: 2, middle: 3, back: 4, forward: 5 } as const;
export type Button = (typeof Button)[keyof typeof Button];

/** Takes what is to be injected, in order. */
export interface InputSink {
  /** Presses or releases a key by its USB HID usage of page 7, 4..255. */
  key(usage: number, down: boolean): void;
  /** Presses or releases a button, 1..16 (see `Button`). */
  button(button: number, down: boolean): void;
  /** Moves the pointer to a point of a display; `x` and `y` are 16-bit fractions (see `fractionToPixel`). */
  moveAbsolute(x: number, y: number, display: number): void;
  /** Moves the pointer by whole pixels, each within ±32767. */
  moveRelative(dx: number, dy: number): void;
  /** Scrolls by 1/120 of a notch; positive is to the right and away from the user (up). */
  scroll(dx120: number, dy120: number): void;
  /**
   * What controller `index` (0..3) does now, borrowed during the call; the first time it is plugged in, and with undefined
   * it is gone. Absent where there is no use for controllers.
   */
  gamepad?(index: number, state: GamepadState | undefined): void;
}
