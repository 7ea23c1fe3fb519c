import { readU16, readU32, writeU16, writeU32 } from "./bytes.ts";
import type { Micros } from "./micros.ts";
import { MAX_PAYLOAD_BYTES } from "./packet.ts";
import { WireError } from "./wire-error.ts";

/** Bytes before the piece of the update in a packet on the video channel. */
export const FRAGMENT_HEAD_BYTES = 12;
/** The largest piece of an update in one packet, in bytes. */
export const MAX_FRAGMENT_BYTES: number = MAX_PAYLOAD_BYTES - FRAGMENT_HEAD_BYTES;
/** The most pieces of one update. */
export const MAX_FRAGMENTS = 8192;
/** The largest update, in bytes: what fits into the most full pieces. */
export const MAX_UPDATE_BYTES: number = MAX_FRAGMENTS * MAX_FRAGMENT_BYTES;
const FLAG_KEYFRAME = 0x01;
/** Sending times are told in units of this, … */
export const SENT_STAMP_MICROS: Micros = 512;
/** … modulo this many: a receiver can tell differences of ±65 ms. */
export const SENT_STAMPS = 255;
const STAMP_AT = 11;

/** The head of a fragment; mutable so that one object serves every packet. */
export interface FragmentHead {
  /** 1, 2, 3 … in the order of sending. */
  frameId: number;
  /** Place among the `count` pieces. */
  index: number;
  count: number;
  /** Bytes of every piece but the last, which has 1 up to this many. */
  pieceBytes: number;
  keyframe: boolean;
}

/**
 *     |           frame id (32)           |
 *     |   index (16)    |   count (16)    |
 *     | piece bytes (16)| flags  |sent at |   flags: bit 0 keyframe
 *     | piece …
 *
 * The piece stands at byte index × piece bytes of the update. "Sent at" is 0 until `writeSentStamp`.
 */
export function writeFragmentHead(
  out: Uint8Array,
  offset: number,
  head: Readonly<FragmentHead>,
): number {
  let at = writeU32(out, offset, head.frameId);
  at = writeU16(out, at, head.index);
  at = writeU16(out, at, head.count);
  at = writeU16(out, at, head.pieceBytes);
  out[at] = head.keyframe ? FLAG_KEYFRAME : 0;
  out[at + 1] = 0;
  return at + 2;
}

/** Writes into a fragment's head when it leaves: 1 + ⌊now / 512 µs⌋ mod 255. */
export function writeSentStamp(out: Uint8Array, offset: number, now: Micros): void {
  out[offset + STAMP_AT] = 1 + (Math.floor(now / SENT_STAMP_MICROS) % SENT_STAMPS);
}

/** When a fragment left, as `writeSentStamp` put it; 0: it does not say. `readFragmentHead` has checked the length. */
export function readSentStamp(input: Uint8Array): number {
  return input[STAMP_AT]!;
}

/** Reads the head of the fragment in `input[0, length)`. Throws WireError. Allocates nothing. */
export function readFragmentHead(input: Uint8Array, length: number, into: FragmentHead): void {
  const pieceLength = length - FRAGMENT_HEAD_BYTES;
  if (pieceLength < 1) throw new WireError("truncated", "a fragment is cut short");
  into.frameId = readU32(input, 0);
  into.index = readU16(input, 4);
  into.count = readU16(input, 6);
  into.pieceBytes = readU16(input, 8);
  into.keyframe = (input[10]! & FLAG_KEYFRAME) !== 0;
  if (into.frameId === 0) throw new WireError("malformed", "frame id zero");
  if (into.count > MAX_FRAGMENTS || into.pieceBytes > MAX_FRAGMENT_BYTES)
    throw new WireError("limit", "an update is too large");
  if (into.index >= into.count) throw new WireError("malformed", "a fragment beyond the last");
  const last = into.index === into.count - 1;
  if (last ? pieceLength > into.pieceBytes : pieceLength !== into.pieceBytes)
    throw new WireError("malformed", "a fragment has the wrong length");
}
