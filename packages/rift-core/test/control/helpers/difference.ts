import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";

/** Thrown where bytes end or do not decode; both refuse them then. */
class Refused extends Error {}

/** Thrown at what ours and the library read in different ways. */
class Different extends Error {}

/** A list may be so long (spec/rift.proto); the library has no limit. */
const MAX_LIST_LENGTH = 1024;

/**
 * Why our reader and the library may see something else in these bytes; undefined: they must agree. Each is a case where
 * ours does what protobuf's own documents ask for, or refuses what no encoder writes:
 *
 * - "wire type": a known field of a foreign wire type, which is unknown to us; the library reads it by the type of the
 *   field, and so finds other fields in what follows.
 * - "overrun": a field reaches past the end of the message that it is in; the library reads on.
 * - "64 bits": a number of over 64 bits; the library drops the rest.
 * - "length": a length of over 32 bits; the library drops the rest.
 * - "list": a list of over 1024 elements; the library takes what memory holds.
 */
export function differenceIn(bytes: Uint8Array, type: DescMessage): string | undefined {
  try {
    new Walk(bytes).message(type, bytes.length);
  } catch (error) {
    if (error instanceof Different) return error.message;
    if (!(error instanceof Refused)) throw error;
  }
  return undefined;
}

class Walk {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(type: DescMessage, end: number): void {
    const lengths = new Map<number, number>();
    while (this.#at < end) {
      const [number, wireType] = this.#tag(end);
      const field = type.fields.find((field) => field.number === number);
      if (field === undefined) {
        this.#skip(number, wireType, end);
        continue;
      }
      if (wireType !== wireTypeOf(field)) throw new Different("wire type");
      if (field.message !== undefined) {
        const length = this.#length(end);
        this.message(field.message, this.#at + length);
      } else this.#skip(number, wireType, end);
      const length = (lengths.get(number) ?? 0) + 1;
      lengths.set(number, length);
      if (field.fieldKind === "list" && length > MAX_LIST_LENGTH) throw new Different("list");
    }
  }

  #tag(end: number): [number: number, wireType: number] {
    const start = this.#at;
    const tag = this.#varint(end);
    if (tag >= 2n ** 32n || this.#at - start > 5) throw new Refused();
    return [Number(tag >> 3n), Number(tag & 7n)];
  }

  #varint(end: number): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift === 70n) throw new Different("64 bits");
      this.#move(1, end);
      const byte = this.#bytes[this.#at - 1]!;
      value |= BigInt(byte & 127) << shift;
      if (byte > 127) continue;
      if (value >= 2n ** 64n) throw new Different("64 bits");
      return value;
    }
  }

  #length(end: number): number {
    const length = this.#varint(end);
    if (length >= 2n ** 32n) throw new Different("length");
    this.#move(Number(length), end);
    this.#at -= Number(length);
    return Number(length);
  }

  #move(count: number, end: number): void {
    this.#at += count;
    if (this.#at <= end) return;
    if (end < this.#bytes.length) throw new Different("overrun");
    throw new Refused();
  }

  #skip(number: number, wireType: number, end: number): void {
    if (wireType === 0) this.#varint(end);
    else if (wireType === 1) this.#move(8, end);
    else if (wireType === 2) this.#move(this.#length(end), end);
    else if (wireType === 5) this.#move(4, end);
    else if (wireType !== 3) throw new Refused();
    else
      for (;;) {
        const [inner, innerType] = this.#tag(end);
        if (innerType !== 4) this.#skip(inner, innerType, end);
        else if (inner === number) return;
        else throw new Refused();
      }
  }
}

function wireTypeOf(field: DescField): number {
  const isBytes = field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES;
  return isBytes || field.message !== undefined ? 2 : 0;
}
