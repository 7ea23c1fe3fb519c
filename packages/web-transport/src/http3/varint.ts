/**
 * Variable-length integers (RFC 9000 §16): the top two bits of the first byte say how many bytes there are.
 *
 *     | 00 | 6 bits |   | 01 | 14 bits |   | 10 | 30 bits |   | 11 | 62 bits |
 */
import { WireError } from "@wavry/rift-core";

/** The largest value that is written; larger ones are read, rounded, and equal no value with a meaning. */
export const MAX_VARINT: number = Number.MAX_SAFE_INTEGER;

/** How many bytes the integer has that begins with this byte: 1, 2, 4 or 8. */
export function varintLength(first: number): number {
  return 1 << (first >> 6);
}

/** How many bytes writing takes. */
export function varintBytes(value: number): number {
  return value < 0x40 ? 1 : value < 0x4000 ? 2 : value < 0x4000_0000 ? 4 : 8;
}

/** Reads one. Where it ends: `offset + varintLength(input[offset])`. Throws WireError "truncated". */
export function readVarint(input: Uint8Array, offset: number): number {
  const first = input[offset];
  if (first === undefined || offset + varintLength(first) > input.length)
    throw new WireError("truncated", "an integer is cut short");
  let value = first & 0x3f;
  for (let i = 1; i < varintLength(first); i++) value = value * 256 + input[offset + i]!;
  return value;
}

/** Writes in the fewest bytes; gives the offset behind them. Throws RangeError outside 0..2^53−1. */
export function writeVarint(out: Uint8Array, offset: number, value: number): number {
  if (!(Number.isSafeInteger(value) && value >= 0)) throw new RangeError("not a varint");
  const length = varintBytes(value);
  let rest = value;
  for (let i = length - 1; i >= 0; i--) {
    out[offset + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  out[offset] = out[offset]! | (Math.log2(length) << 6);
  return offset + length;
}

/** These integers, one behind the other, then the bytes. */
export function varintsThen(values: readonly number[], bytes?: Uint8Array): Uint8Array {
  const head = values.reduce((sum, value) => sum + varintBytes(value), 0);
  const out = new Uint8Array(head + (bytes?.length ?? 0));
  let offset = 0;
  for (const value of values) offset = writeVarint(out, offset, value);
  if (bytes !== undefined) out.set(bytes, offset);
  return out;
}
