import { needBytes, readU16, readU32, writeU16, writeU32 } from "../bytes.ts";
import { WireError } from "../wire-error.ts";
import {
  createGamepadSection,
  type GamepadSection,
  gamepadSectionBytes,
  MAX_GAMEPAD_RECORDS,
  readGamepadSection,
  writeGamepadSection,
} from "./gamepad-section.ts";

/** What a transition is about. */
export const TransitionTarget = { key: 0, button: 1 } as const;
export type TransitionTarget = (typeof TransitionTarget)[keyof typeof TransitionTarget];

/** One press or release, with where the pointer and the wheel stood at that moment; mutable, to be used again. */
export interface InputTransition {
  target: TransitionTarget;
  /** HID usage of page 7 (0..255), or of page 9 (buttons, 1..16). */
  code: number;
  down: boolean;
  /** Whether `x` and `y` are a position; else they are the low 16 bits of the motion totals. */
  absolute: boolean;
  display: number;
  x: number;
  y: number;
  /** Low 16 bits of the scroll totals. */
  scrollX: number;
  scrollY: number;
}

/** The whole input state of a client as a datagram carries it; mutable, to be used again. */
export interface InputState {
  /** Number of the datagram, 32 bits, wrapping. */
  sequence: number;
  /** Whether the pointer is steered by position; else by distance. */
  absolute: boolean;
  /** Index of the display that `x` and `y` belong to. */
  display: number;
  /** Last position, 16-bit fractions of the display's sides. */
  x: number;
  y: number;
  /** Totals of all relative motion in pixels since the session began, signed 32 bits, wrapping. */
  motionX: number;
  motionY: number;
  /** Totals of all scrolling in 1/120 notch, signed 32 bits, wrapping. */
  scrollX: number;
  scrollY: number;
  /** Bit map of pressed buttons, 2 bytes: button n is bit n - 1. */
  readonly buttons: Uint8Array;
  /** Bit map of pressed keys, 32 bytes: usage n is bit n mod 8 of byte n / 8. */
  readonly keys: Uint8Array;
  /** Number of the first of the transitions, 32 bits, wrapping; without any, the next one's. */
  firstTransition: number;
  /** How many of `transitions` are in use. */
  transitionCount: number;
  /** `MAX_INPUT_TRANSITIONS` records, oldest first. */
  readonly transitions: InputTransition[];
  /** Controllers. */
  gamepads: GamepadSection;
}

/** First byte of every input datagram. */
export const INPUT_VERSION = 1;
/** The highest button number. */
export const MAX_BUTTON = 16;
/** How many unacknowledged transitions a datagram can carry. */
export const MAX_INPUT_TRANSITIONS = 24;
/** Bytes before the transitions. */
export const INPUT_HEAD_BYTES = 66;
const TRANSITION_BYTES = 11;
/** Bytes of the largest datagram. */
export const MAX_INPUT_BYTES: number = inputDatagramBytes(
  MAX_INPUT_TRANSITIONS,
  MAX_GAMEPAD_RECORDS,
);

const FLAG_ABSOLUTE = 0x01;
const FLAG_GAMEPADS = 0x02;
const KIND_BUTTON = 0x01;
const KIND_DOWN = 0x02;
const KIND_ABSOLUTE = 0x04;
const KIND_KNOWN = KIND_BUTTON | KIND_DOWN | KIND_ABSOLUTE;

/** Bytes of a datagram with `transitionCount` transitions, and a gamepad section of so many records if it has one. */
export function inputDatagramBytes(transitionCount: number, gamepadRecords?: number): number {
  const section = gamepadRecords === undefined ? 0 : gamepadSectionBytes(gamepadRecords);
  return INPUT_HEAD_BYTES + transitionCount * TRANSITION_BYTES + section;
}

/** A state in which nothing is pressed and nothing has moved. */
export function createInputState(): InputState {
  return {
    sequence: 0,
    absolute: false,
    display: 0,
    x: 0,
    y: 0,
    motionX: 0,
    motionY: 0,
    scrollX: 0,
    scrollY: 0,
    buttons: new Uint8Array(2),
    keys: new Uint8Array(32),
    firstTransition: 0,
    transitionCount: 0,
    transitions: Array.from({ length: MAX_INPUT_TRANSITIONS }, () => ({
      target: TransitionTarget.key,
      code: 0,
      down: false,
      absolute: false,
      display: 0,
      x: 0,
      y: 0,
      scrollX: 0,
      scrollY: 0,
    })),
    gamepads: createGamepadSection(),
  };
}

/**
 * spec/input.md §2:
 *
 *     | version| flags  | display|  count |   flags: bit 0 absolute, bit 1 gamepads, others zero
 *     |           sequence (32)           |
 *     |     x (16)      |     y (16)      |
 *     |          motion x (32)            |
 *     |          motion y (32)            |
 *     |          scroll x (32)            |
 *     |          scroll y (32)            |
 *     |  buttons (16)   |  keys (256) …
 *     |       first transition (32)       |
 *     then `count` times 11 bytes:
 *     |  kind  |  code  | display|            kind: bit 0 button, bit 1 down, bit 2 absolute
 *     |     x (16)      |     y (16)      |
 *     |  scroll x (16)  |  scroll y (16)  |
 *     then, with the flag, the gamepad section (gamepad-section.ts)
 *
 * Returns the offset after it. Allocates nothing.
 */
export function writeInputDatagram(
  out: Uint8Array,
  offset: number,
  state: Readonly<InputState>,
): number {
  out[offset] = INPUT_VERSION;
  out[offset + 1] =
    (state.absolute ? FLAG_ABSOLUTE : 0) | (state.gamepads.used ? FLAG_GAMEPADS : 0);
  out[offset + 2] = state.display;
  out[offset + 3] = state.transitionCount;
  let at = writeU32(out, offset + 4, state.sequence);
  at = writeU16(out, at, state.x);
  at = writeU16(out, at, state.y);
  at = writeU32(out, at, state.motionX);
  at = writeU32(out, at, state.motionY);
  at = writeU32(out, at, state.scrollX);
  at = writeU32(out, at, state.scrollY);
  out[at] = state.buttons[1]!;
  out[at + 1] = state.buttons[0]!;
  at += 2;
  for (let i = 0; i < 32; i++) out[at + i] = state.keys[i]!;
  at = writeU32(out, at + 32, state.firstTransition);
  for (let i = 0; i < state.transitionCount; i++)
    at = writeTransition(out, at, state.transitions[i]!);
  return state.gamepads.used ? writeGamepadSection(out, at, state.gamepads) : at;
}

function writeTransition(out: Uint8Array, offset: number, transition: InputTransition): number {
  out[offset] =
    (transition.target === TransitionTarget.button ? KIND_BUTTON : 0) |
    (transition.down ? KIND_DOWN : 0) |
    (transition.absolute ? KIND_ABSOLUTE : 0);
  out[offset + 1] = transition.code;
  out[offset + 2] = transition.display;
  let at = writeU16(out, offset + 3, transition.x);
  at = writeU16(out, at, transition.y);
  at = writeU16(out, at, transition.scrollX);
  return writeU16(out, at, transition.scrollY);
}

/** Reads a datagram (borrowed) into `into`; bytes after it are ignored. Throws WireError. Allocates nothing. */
export function readInputDatagram(input: Uint8Array, into: InputState): void {
  needBytes(input, 0, 1, "an input datagram");
  if (input[0] !== INPUT_VERSION)
    throw new WireError("unsupported", `input datagrams of version ${input[0]} are not known`);
  needBytes(input, 0, INPUT_HEAD_BYTES, "an input datagram");
  const count = input[3]!;
  if (count > MAX_INPUT_TRANSITIONS)
    throw new WireError("limit", "an input datagram has too many transitions");
  needBytes(input, 0, inputDatagramBytes(count), "an input datagram");
  into.absolute = (input[1]! & FLAG_ABSOLUTE) !== 0;
  into.display = input[2]!;
  into.sequence = readU32(input, 4);
  into.x = readU16(input, 8);
  into.y = readU16(input, 10);
  into.motionX = readU32(input, 12) | 0;
  into.motionY = readU32(input, 16) | 0;
  into.scrollX = readU32(input, 20) | 0;
  into.scrollY = readU32(input, 24) | 0;
  into.buttons[1] = input[28]!;
  into.buttons[0] = input[29]!;
  for (let i = 0; i < 32; i++) into.keys[i] = input[30 + i]!;
  into.firstTransition = readU32(input, 62);
  into.transitionCount = count;
  for (let i = 0; i < count; i++)
    readTransition(input, inputDatagramBytes(i), into.transitions[i]!);
  into.gamepads.used = false;
  if ((input[1]! & FLAG_GAMEPADS) !== 0)
    readGamepadSection(input, inputDatagramBytes(count), into.gamepads);
}

function readTransition(input: Uint8Array, offset: number, into: InputTransition): void {
  const kind = input[offset]!;
  const code = input[offset + 1]!;
  const isButton = (kind & KIND_BUTTON) !== 0;
  if ((kind & ~KIND_KNOWN) !== 0 || (isButton && (code < 1 || code > MAX_BUTTON)))
    throw new WireError("malformed", "an input transition is of no known kind");
  into.target = isButton ? TransitionTarget.button : TransitionTarget.key;
  into.code = code;
  into.down = (kind & KIND_DOWN) !== 0;
  into.absolute = (kind & KIND_ABSOLUTE) !== 0;
  into.display = input[offset + 2]!;
  into.x = readU16(input, offset + 3);
  into.y = readU16(input, offset + 5);
  into.scrollX = readU16(input, offset + 7);
  into.scrollY = readU16(input, offset + 9);
}
