import { needBytes, readU8, readU16, readU32, WireError } from "@wavry/rift-core";

const REMB_NAME = 0x52454d42; // "REMB"

/** The receiver's estimate of what it can be sent, for all these streams together. */
export interface Remb {
  /** Bits a second; up to 2^18 · 2^63, so a caller clamps it. */
  readonly bitrateBps: number;
  readonly ssrcs: readonly number[];
}

/**
 * The part of an application layer feedback after both SSRCs (draft-alvestrand-rmcat-remb-03 §2.2); undefined where it
 * is another application's.
 *
 *     +---------------------------------------------------------------+
 *     |                         "R" "E" "M" "B"                       |
 *     |  streams (8)  | exponent (6)  |         mantissa (18)         |
 *     |                     SSRC of a stream …                        |
 *     +---------------------------------------------------------------+
 */
export function readRemb(input: Uint8Array, offset: number, end: number): Remb | undefined {
  if (end - offset < 4 || readU32(input, offset) !== REMB_NAME) return undefined;
  if (end - offset < 8) throw new WireError("truncated", "a REMB is cut short");
  const streams = readU8(input, offset + 4);
  const exponent = readU8(input, offset + 5) >> 2;
  const mantissa = ((readU8(input, offset + 5) & 3) << 16) | readU16(input, offset + 6);
  needBytes(input.subarray(0, end), offset + 8, streams * 4, "a REMB");
  const ssrcs: number[] = [];
  for (let index = 0; index < streams; index++) ssrcs.push(readU32(input, offset + 8 + index * 4));
  return { bitrateBps: mantissa * 2 ** exponent, ssrcs };
}
