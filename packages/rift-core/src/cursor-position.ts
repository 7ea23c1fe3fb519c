import { needBytes, readU32, writeU32 } from "./bytes.ts";

/** Where the pointer of a display is (spec/rift.md §5.3). */
export interface CursorPosition {
  /** Index of the monitor, 0..255. */
  readonly display: number;
  /** Pixels from the display's top left corner, -32768..32767; the hotspot's place. */
  readonly x: number;
  readonly y: number;
  readonly visible: boolean;
  /** CursorShape.id of the shape to show; 0: not known yet. */
  readonly shapeId: number;
}

/** A received position; of two the one with the higher sequence number is the newer. */
export interface SequencedCursorPosition extends CursorPosition {
  readonly sequence: number;
}

/** Bytes of a cursor message. */
export const CURSOR_POSITION_BYTES = 14;
const FLAG_VISIBLE = 0x01;

/**
 *     |          sequence (32)            |
 *     | display| flags  |     x (i16)     |   flags: bit 0 visible, others zero
 *     |     y (i16)     |  shape id (32) …
 */
export function writeCursorPosition(
  out: Uint8Array,
  offset: number,
  sequence: number,
  position: CursorPosition,
): number {
  const at = writeU32(out, offset, sequence);
  out[at] = position.display;
  out[at + 1] = position.visible ? FLAG_VISIBLE : 0;
  const x = clampI16(position.x);
  const y = clampI16(position.y);
  out[at + 2] = x >> 8;
  out[at + 3] = x;
  out[at + 4] = y >> 8;
  out[at + 5] = y;
  return writeU32(out, at + 6, position.shapeId);
}

/** Reads a cursor message; bytes after it are ignored. Throws WireError. */
export function readCursorPosition(input: Uint8Array): SequencedCursorPosition {
  needBytes(input, 0, CURSOR_POSITION_BYTES, "a cursor position");
  return {
    sequence: readU32(input, 0),
    display: input[4]!,
    visible: (input[5]! & FLAG_VISIBLE) !== 0,
    x: ((input[6]! << 24) >> 16) | input[7]!,
    y: ((input[8]! << 24) >> 16) | input[9]!,
    shapeId: readU32(input, 10),
  };
}

function clampI16(value: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(value)));
}
