import {
  createGamepadRecord,
  createGamepadSection,
  type GamepadRecord,
  type GamepadSection,
  MAX_PAST_GAMEPADS,
} from "./gamepad-section.ts";
import {
  copyGamepad,
  GAMEPAD_BUTTONS,
  type GamepadState,
  MAX_GAMEPADS,
  NEUTRAL_GAMEPAD,
  sameGamepad,
} from "./gamepad-state.ts";
import { serialAdd, serialDistance } from "./serial.ts";

const ALL_BUTTONS = (1 << GAMEPAD_BUTTONS) - 1;

/**
 * A client's controllers for its `InputSender` (spec/input.md §3): what each does now, and the states since the last
 * acknowledgement in which a button or the presence of a controller changed.
 */
export class GamepadSender {
  readonly #section: GamepadSection = createGamepadSection();
  readonly #pads = Array.from({ length: MAX_GAMEPADS }, (_, index) => createGamepadRecord(index));
  readonly #clamped = createGamepadRecord();
  readonly #past: { readonly record: GamepadRecord; sentIn: number | undefined }[] = [];

  constructor(firstNumber: number) {
    this.#section.firstPast = firstNumber >>> 0;
  }

  /** Whether any controller is not at rest. */
  get holdsAnything(): boolean {
    return this.#pads.some((pad) => pad.present && !sameGamepad(pad, NEUTRAL_GAMEPAD));
  }

  /** Whether this was a change. Indices beyond 0..3 are ignored, and numbers are clamped to their range. */
  set(index: number, state: GamepadState | undefined): boolean {
    const pad = this.#pads[index];
    if (pad === undefined || (state === undefined && !pad.present)) return false;
    const clamped = this.#clamped;
    clampGamepad(clamped, state ?? NEUTRAL_GAMEPAD);
    const present = state !== undefined;
    if (pad.present === present && sameGamepad(pad, clamped)) return false;
    const isTransition = pad.present !== present || pad.buttons !== clamped.buttons;
    pad.present = present;
    copyGamepad(pad, clamped);
    if (isTransition) {
      if (this.#past.length === MAX_PAST_GAMEPADS) this.#forgetOldest(1);
      this.#past.push({ record: { ...pad }, sentIn: undefined });
    }
    return true;
  }

  /** Puts every controller to rest; whether one was not. */
  rest(): boolean {
    let changed = false;
    for (const { index, present } of this.#pads)
      if (present) changed = this.set(index, NEUTRAL_GAMEPAD) || changed;
    return changed;
  }

  /** What the datagram with this number carries; borrowed until the next call. */
  compose(sequence: number): GamepadSection {
    const section = this.#section;
    let at = 0;
    for (const past of this.#past) {
      past.sentIn ??= sequence;
      section.records[at++] = past.record;
    }
    section.pastCount = at;
    for (const pad of this.#pads) if (pad.present) section.records[at++] = pad;
    section.presentCount = at - section.pastCount;
    section.used = at > 0;
    return section;
  }

  /** The host has everything that was sent up to this number. */
  onAcknowledged(sequence: number): void {
    let known = 0;
    for (const { sentIn } of this.#past) {
      if (sentIn === undefined || serialDistance(sequence, sentIn) < 0) break;
      known++;
    }
    this.#forgetOldest(known);
  }

  #forgetOldest(count: number): void {
    this.#past.splice(0, count);
    this.#section.firstPast = serialAdd(this.#section.firstPast, count);
  }
}

function clampGamepad(into: GamepadRecord, state: GamepadState): void {
  into.buttons = state.buttons & ALL_BUTTONS;
  into.leftTrigger = clamp(state.leftTrigger, 0, 255);
  into.rightTrigger = clamp(state.rightTrigger, 0, 255);
  into.leftX = clamp(state.leftX, -32_768, 32_767);
  into.leftY = clamp(state.leftY, -32_768, 32_767);
  into.rightX = clamp(state.rightX, -32_768, 32_767);
  into.rightY = clamp(state.rightY, -32_768, 32_767);
}

/** A whole number in the range; NaN is 0. */
function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, Math.round(value) || 0));
}
