import { WireError } from "./wire-error.ts";

/** Writes the low 8 bits of `value`; returns the offset after it. */
export function writeU8(out: Uint8Array, offset: number, value: number): number {
  out[offset] = value;
  return offset + 1;
}

/** Writes the low 16 bits of `value`, big-endian; returns the offset after them. */
export function writeU16(out: Uint8Array, offset: number, value: number): number {
  out[offset] = value >>> 8;
  out[offset + 1] = value;
  return offset + 2;
}

/** Writes the low 32 bits of `value`, big-endian; returns the offset after them. */
export function writeU32(out: Uint8Array, offset: number, value: number): number {
  out[offset] = value >>> 24;
  out[offset + 1] = value >>> 16;
  out[offset + 2] = value >>> 8;
  out[offset + 3] = value;
  return offset + 4;
}

/** Writes an integer in 0..2^53-1 as 64 bits, big-endian; returns the offset after them. */
export function writeU64(out: Uint8Array, offset: number, value: number): number {
  writeU32(out, offset, Math.floor(value / 0x1_0000_0000));
  return writeU32(out, offset + 4, value >>> 0);
}

/** Reads a byte. The caller has checked the length, here and below. */
export function readU8(input: Uint8Array, offset: number): number {
  return input[offset]!;
}

/** Reads 16 bits, big-endian. */
export function readU16(input: Uint8Array, offset: number): number {
  return (input[offset]! << 8) | input[offset + 1]!;
}

/** Reads 32 bits, big-endian, as 0..2^32-1. */
export function readU32(input: Uint8Array, offset: number): number {
  return (
    ((input[offset]! << 24) |
      (input[offset + 1]! << 16) |
      (input[offset + 2]! << 8) |
      input[offset + 3]!) >>>
    0
  );
}

/** Reads 64 bits, big-endian. Throws WireError "limit" on 2^53 and above. */
export function readU64(input: Uint8Array, offset: number): number {
  const high = readU32(input, offset);
  if (high > 0x1f_ffff) throw new WireError("limit", "a 64-bit number is 2^53 or more");
  return high * 0x1_0000_0000 + readU32(input, offset + 4);
}

/** Throws WireError "truncated" unless `input` has `bytes` bytes from `offset` on. */
export function needBytes(input: Uint8Array, offset: number, bytes: number, what: string): void {
  if (input.length - offset < bytes) throw new WireError("truncated", `${what} is cut short`);
}

/** True where both hold the same bytes. Not constant time: never for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
