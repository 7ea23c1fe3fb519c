import { needBytes, readU16, readU32, writeU16, writeU32 } from "../bytes.ts";
import { WireError } from "../wire-error.ts";
import { type GamepadState, MAX_GAMEPADS } from "./gamepad-state.ts";

/** What one controller did at one moment, or does now; mutable, to be used again. */
export interface GamepadRecord extends GamepadState {
  /** Which of the client's controllers, 0..3. */
  index: number;
  /** Whether it is plugged in; if not, the rest means nothing. */
  present: boolean;
  buttons: number;
  leftTrigger: number;
  rightTrigger: number;
  leftX: number;
  leftY: number;
  rightX: number;
  rightY: number;
}

/** The part of an input datagram that is about controllers; mutable, to be used again. */
export interface GamepadSection {
  /** Whether the datagram has it. Without it, no controller is plugged in. */
  used: boolean;
  /** Number of the first past state, 32 bits, wrapping; without any, the next one's. */
  firstPast: number;
  /** How many of `records` are past states, oldest first, 0..24. */
  pastCount: number;
  /** How many records after those are what each plugged-in controller does now, by index, 0..4. */
  presentCount: number;
  readonly records: GamepadRecord[];
}

/** How many unacknowledged past states a datagram can carry. */
export const MAX_PAST_GAMEPADS = 24;
/** How many records a section can have. */
export const MAX_GAMEPAD_RECORDS: number = MAX_PAST_GAMEPADS + MAX_GAMEPADS;

const HEAD_BYTES = 6;
const RECORD_BYTES = 14;
const INDEX_MASK = 0x03;
const PRESENT = 0x04;

/** Bytes of a section with so many records. */
export function gamepadSectionBytes(records: number): number {
  return HEAD_BYTES + records * RECORD_BYTES;
}

/** A controller that is not there. */
export function createGamepadRecord(index = 0): GamepadRecord {
  return {
    ...{ index, present: false, buttons: 0, leftTrigger: 0, rightTrigger: 0 },
    ...{ leftX: 0, leftY: 0, rightX: 0, rightY: 0 },
  };
}

/** A section that is not used. */
export function createGamepadSection(): GamepadSection {
  return {
    used: false,
    firstPast: 0,
    pastCount: 0,
    presentCount: 0,
    records: Array.from({ length: MAX_GAMEPAD_RECORDS }, () => createGamepadRecord()),
  };
}

/**
 * spec/input.md §2.1:
 *
 *     |          first past (32)          |
 *     |  past  | present|
 *     then `past` + `present` times 14 bytes:
 *     |  head  |    buttons (24)          |   head: bits 0 and 1 index, bit 2 plugged in, others zero
 *     |  left  |  right |                     triggers
 *     |   left x (16)   |   left y (16)   |
 *     |  right x (16)   |  right y (16)   |
 *
 * Returns the offset after it. Allocates nothing.
 */
export function writeGamepadSection(
  out: Uint8Array,
  offset: number,
  section: Readonly<GamepadSection>,
): number {
  let at = writeU32(out, offset, section.firstPast);
  out[at] = section.pastCount;
  out[at + 1] = section.presentCount;
  at += 2;
  const count = section.pastCount + section.presentCount;
  for (let i = 0; i < count; i++) {
    const record = section.records[i]!;
    out[at] = record.index | (record.present ? PRESENT : 0);
    out[at + 1] = record.buttons >>> 16;
    at = writeU16(out, at + 2, record.buttons);
    out[at] = record.leftTrigger;
    out[at + 1] = record.rightTrigger;
    at = writeU16(out, at + 2, record.leftX);
    at = writeU16(out, at, record.leftY);
    at = writeU16(out, at, record.rightX);
    at = writeU16(out, at, record.rightY);
  }
  return at;
}

/** Reads a section at `offset` into `into`; bytes after it are ignored. Throws WireError. Allocates nothing. */
export function readGamepadSection(input: Uint8Array, offset: number, into: GamepadSection): void {
  needBytes(input, offset, HEAD_BYTES, "the gamepads of an input datagram");
  const past = input[offset + 4]!;
  const present = input[offset + 5]!;
  if (past > MAX_PAST_GAMEPADS || present > MAX_GAMEPADS)
    throw new WireError("limit", "an input datagram has too many gamepad states");
  needBytes(
    input,
    offset,
    gamepadSectionBytes(past + present),
    "the gamepads of an input datagram",
  );
  into.used = true;
  into.firstPast = readU32(input, offset);
  into.pastCount = past;
  into.presentCount = present;
  let index = -1;
  for (let i = 0; i < past + present; i++) {
    const record = into.records[i]!;
    readRecord(input, offset + gamepadSectionBytes(i), record);
    if (i < past) continue;
    if (!record.present || record.index <= index)
      throw new WireError("malformed", "the gamepads of an input datagram are out of order");
    index = record.index;
  }
}

function readRecord(input: Uint8Array, offset: number, into: GamepadRecord): void {
  const head = input[offset]!;
  const highButtons = input[offset + 1]!;
  if ((head & ~(INDEX_MASK | PRESENT)) !== 0 || highButtons > 1)
    throw new WireError("malformed", "a gamepad state is of no known kind");
  into.index = head & INDEX_MASK;
  into.present = (head & PRESENT) !== 0;
  into.buttons = (highButtons << 16) | readU16(input, offset + 2);
  into.leftTrigger = input[offset + 4]!;
  into.rightTrigger = input[offset + 5]!;
  into.leftX = readI16(input, offset + 6);
  into.leftY = readI16(input, offset + 8);
  into.rightX = readI16(input, offset + 10);
  into.rightY = readI16(input, offset + 12);
}

function readI16(input: Uint8Array, offset: number): number {
  return (readU16(input, offset) << 16) >> 16;
}
