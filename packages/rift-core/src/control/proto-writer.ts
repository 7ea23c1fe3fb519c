import type { WireType } from "./proto-reader.ts";
import { encodeUtf8 } from "./utf8.ts";

/** Writes the wire format of protobuf into a buffer that grows. */
export class ProtoWriter {
  #bytes: Uint8Array = new Uint8Array(256);
  #at = 0;

  /** A field's tag; the value follows. */
  tag(number: number, wireType: WireType): void {
    this.uint32(((number << 3) | wireType) >>> 0);
  }

  /** A varint of 0..2^32-1. Throws RangeError on another number. */
  uint32(value: number): void {
    if (value >>> 0 !== value) throw new RangeError(`${value} is not in 0..2^32-1`);
    this.#reserve(5);
    let left = value;
    for (; left > 127; left >>>= 7) this.#bytes[this.#at++] = (left & 127) | 128;
    this.#bytes[this.#at++] = left;
  }

  /** A varint of -2^31..2^31-1; below 0 its sign goes on to 64 bits. Throws RangeError on another number. */
  int32(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`${value} is not in -2^31..2^31-1`);
    if (value >= 0) {
      this.uint32(value);
      return;
    }
    this.#reserve(10);
    let left = value;
    for (let index = 0; index < 9; index++, left >>= 7)
      this.#bytes[this.#at++] = (left & 127) | 128;
    this.#bytes[this.#at++] = 1;
  }

  /** A length and the bytes, which are copied. */
  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  string(value: string): void {
    this.bytes(encodeUtf8(value));
  }

  /** Begins what has its length in front. Returns what `end` takes. */
  begin(): number {
    this.#reserve(1);
    // Most lengths are of one byte.
    return ++this.#at;
  }

  /** Ends it: puts the length in front. */
  end(start: number): void {
    const length = this.#at - start;
    let room = 0;
    for (let left = length; left > 127; left >>>= 7) room++;
    // No less than `uint32` asks for, lest that grows the buffer without what stands behind it.
    this.#reserve(5);
    this.#bytes.copyWithin(start + room, start, this.#at);
    this.#at = start - 1;
    this.uint32(length);
    this.#at += length;
  }

  /** All that was written; owned by the caller. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}
