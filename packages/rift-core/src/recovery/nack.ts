import { needBytes, readU16, readU32, writeU16, writeU32 } from "../bytes.ts";
import { MAX_FRAGMENTS } from "../video-fragment.ts";
import { WireError } from "../wire-error.ts";

/** The kind of this feedback message (spec/rift.md §5.2). */
export const NACK_KIND = 5;
export const NACK_HEAD_BYTES = 2;
export const NACK_ENTRY_BYTES = 8;
/** The most bytes of one entry's bitmap. */
export const MAX_NACK_BITMAP_BYTES = 255;

/** What of one update is asked for; mutable so that one object serves every entry. */
export interface NackEntry {
  frameId: number;
  /** 1, 2, 3 … up to 255: a fragment is sent once for each round that asks for it, however often it is told. */
  round: number;
  /** The fragment that bit 0 of the bitmap stands for. */
  firstIndex: number;
  /** Borrowed from the message; bit i, the lowest of a byte first, is fragment firstIndex + i. Empty: the whole update. */
  bitmap: Uint8Array;
}

/**
 * The message: `| kind 5 | entries (8) | entries …`, each entry:
 *
 *     |           frame id (32)           |
 *     | round  | bitmap bytes | first index (16) |
 *     | bitmap …
 *
 * Writes the head; the entries follow with `writeNackEntry`.
 */
export function writeNackHead(out: Uint8Array, offset: number, entries: number): number {
  out[offset] = NACK_KIND;
  out[offset + 1] = entries;
  return offset + NACK_HEAD_BYTES;
}

/** Writes an entry without its bitmap of `bitmapBytes` bytes, which the caller puts behind it. */
export function writeNackEntry(
  out: Uint8Array,
  offset: number,
  entry: Readonly<Omit<NackEntry, "bitmap">>,
  bitmapBytes: number,
): number {
  const at = writeU32(out, offset, entry.frameId);
  out[at] = entry.round;
  out[at + 1] = bitmapBytes;
  return writeU16(out, at + 2, entry.firstIndex);
}

/** The number of entries in a message. Throws WireError. */
export function readNackHead(input: Uint8Array): number {
  needBytes(input, 0, NACK_HEAD_BYTES, "a request for fragments");
  if (input[1] === 0) throw new WireError("malformed", "a request for nothing");
  return input[1]!;
}

/** Reads the entry at `offset` into `into`; returns the offset after it. Throws WireError. */
export function readNackEntry(input: Uint8Array, offset: number, into: NackEntry): number {
  needBytes(input, offset, NACK_ENTRY_BYTES, "a request for fragments");
  into.frameId = readU32(input, offset);
  into.round = input[offset + 4]!;
  const bytes = input[offset + 5]!;
  into.firstIndex = readU16(input, offset + 6);
  const at = offset + NACK_ENTRY_BYTES;
  needBytes(input, at, bytes, "a request for fragments");
  into.bitmap = input.subarray(at, at + bytes);
  if (into.frameId === 0 || into.round === 0)
    throw new WireError("malformed", "a request has a zero where none is allowed");
  if (into.firstIndex >= MAX_FRAGMENTS || (bytes === 0 && into.firstIndex !== 0))
    throw new WireError("malformed", "a request for a fragment beyond the last");
  return at + bytes;
}

/** An entry with nothing in it. */
export function newNackEntry(): NackEntry {
  return { frameId: 0, round: 0, firstIndex: 0, bitmap: new Uint8Array(0) };
}
