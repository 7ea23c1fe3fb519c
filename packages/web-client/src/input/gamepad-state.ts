import { GAMEPAD_BUTTONS, GamepadButton, type GamepadState } from "@wavry/rift-core/input";

export {
  GamepadButton,
  type GamepadState,
  NEUTRAL_GAMEPAD,
  sameGamepad,
} from "@wavry/rift-core/input";

/** What of a `Gamepad` of the Gamepad API counts. */
export interface GamepadReading {
  readonly buttons: readonly { readonly pressed: boolean; readonly value: number }[];
  readonly axes: readonly number[];
}

/** Reads a controller; one without the standard mapping is read by the same indices. */
export function readGamepad({ buttons, axes }: GamepadReading): GamepadState {
  let pressed = 0;
  for (let index = 0; index < GAMEPAD_BUTTONS; index++)
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

function toByte(value = 0): number {
  return Math.round(Math.max(0, Math.min(1, value || 0)) * 255);
}

function toAxis(value = 0): number {
  // A driver may give NaN.
  return Math.round(Math.max(-1, Math.min(1, value || 0)) * 32_767);
}
