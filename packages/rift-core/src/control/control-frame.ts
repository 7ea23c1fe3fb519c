import { needBytes, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from "../bytes.ts";
import { WireError } from "../wire-error.ts";
import { decodeUtf8Leniently, encodeUtf8 } from "./utf8.ts";

/** First byte of a packet on the control channel (spec/rift.md §7). An unknown kind is ignored. */
export const ControlKind = {
  data: 1,
  acknowledgement: 2,
  close: 3,
  closeAcknowledged: 4,
  rekeyOffer: 5,
  rekeyAnswer: 6,
} as const;
export type ControlKind = (typeof ControlKind)[keyof typeof ControlKind];

/** Bytes before the stream's bytes in a data packet. */
export const CONTROL_DATA_HEAD_BYTES = 10;
/** The most ranges that one acknowledgement lists. */
export const MAX_ACKNOWLEDGED_RANGES = 8;
/** The longest text of a close, in bytes of UTF-8. */
export const MAX_CLOSE_TEXT_BYTES = 256;

/** `| kind 1 | flags 0 | stream offset (64) | bytes … |` */
export function writeControlDataHead(
  out: Uint8Array,
  offset: number,
  streamOffset: number,
): number {
  out[offset] = ControlKind.data;
  out[offset + 1] = 0;
  return writeU64(out, offset + 2, streamOffset);
}

/** The stream offset and the bytes (a borrowed view) of a data packet. Throws WireError. */
export function readControlData(input: Uint8Array): { streamOffset: number; bytes: Uint8Array } {
  needBytes(input, 0, CONTROL_DATA_HEAD_BYTES + 1, "control data");
  const streamOffset = readU64(input, 2);
  if (streamOffset > Number.MAX_SAFE_INTEGER - input.length)
    throw new WireError("limit", "a stream offset is too large");
  return { streamOffset, bytes: input.subarray(CONTROL_DATA_HEAD_BYTES) };
}

/** A range of stream bytes that came in beyond the first gap: `start` up to, not including, `end`. */
export interface StreamRange {
  readonly start: number;
  readonly end: number;
}

/** Which bytes of the control stream came in. */
export interface ControlAcknowledgement {
  /** Everything before this offset came in. */
  readonly received: number;
  /** The sender may send up to this offset. */
  readonly allowed: number;
  /** Ascending, not touching, beyond `received`; at most 8. */
  readonly ranges: readonly StreamRange[];
}

/**
 *     | kind 2 | ranges |
 *     | received up to (64)  |
 *     | allowed up to: received + (32) |
 *     | start: received + (32) | length (32) |    once a range
 */
export function writeControlAcknowledgement(
  out: Uint8Array,
  offset: number,
  { received, allowed, ranges }: ControlAcknowledgement,
): number {
  const count = Math.min(ranges.length, MAX_ACKNOWLEDGED_RANGES);
  out[offset] = ControlKind.acknowledgement;
  out[offset + 1] = count;
  let at = writeU64(out, offset + 2, received);
  at = writeU32(out, at, allowed - received);
  for (let i = 0; i < count; i++) {
    const range = ranges[i]!;
    at = writeU32(out, at, range.start - received);
    at = writeU32(out, at, range.end - range.start);
  }
  return at;
}

/** Reads an acknowledgement. Throws WireError. */
export function readControlAcknowledgement(input: Uint8Array): ControlAcknowledgement {
  needBytes(input, 0, 14, "a control acknowledgement");
  const count = input[1]!;
  if (count > MAX_ACKNOWLEDGED_RANGES) throw new WireError("limit", "too many ranges");
  needBytes(input, 14, count * 8, "a control acknowledgement");
  const received = readU64(input, 2);
  const ranges: StreamRange[] = [];
  for (let i = 0; i < count; i++) {
    const start = received + readU32(input, 14 + i * 8);
    const end = start + readU32(input, 18 + i * 8);
    if (end <= start || start <= (ranges.at(-1)?.end ?? received))
      throw new WireError("malformed", "acknowledged ranges are out of order");
    ranges.push({ start, end });
  }
  return { received, allowed: received + readU32(input, 10), ranges };
}

/** `| kind 3 | reason | bytes of text (16) | text, UTF-8 … |`; a longer text is cut. */
export function writeClose(
  out: Uint8Array,
  offset: number,
  reason: number,
  message: string,
): number {
  let bytes = encodeUtf8(message);
  if (bytes.length > MAX_CLOSE_TEXT_BYTES) {
    let end = MAX_CLOSE_TEXT_BYTES;
    while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
    bytes = bytes.subarray(0, end);
  }
  out[offset] = ControlKind.close;
  out[offset + 1] = reason;
  const at = writeU16(out, offset + 2, bytes.length);
  out.set(bytes, at);
  return at + bytes.length;
}

/** Reads a close; control characters in the text become spaces. Throws WireError. */
export function readClose(input: Uint8Array): { reason: number; message: string } {
  needBytes(input, 0, 4, "a close");
  const length = readU16(input, 2);
  if (length > MAX_CLOSE_TEXT_BYTES)
    throw new WireError("limit", "the text of a close is too long");
  needBytes(input, 4, length, "a close");
  if (input[1] === 0) throw new WireError("malformed", "a close without a reason");
  // A peer's text must not drive a terminal.
  const message = decodeUtf8Leniently(input.subarray(4, 4 + length)).replace(/\p{Cc}/gu, " ");
  return { reason: input[1]!, message };
}
