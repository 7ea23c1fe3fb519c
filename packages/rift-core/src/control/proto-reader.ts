import { WireError } from "../wire-error.ts";
import { decodeUtf8 } from "./utf8.ts";

/** The low three bits of a tag: how the value after it is laid out. */
export const WireType = {
  varint: 0,
  bits64: 1,
  bytes: 2,
  groupStart: 3,
  groupEnd: 4,
  bits32: 5,
} as const;
export type WireType = (typeof WireType)[keyof typeof WireType];

/** Bytes of the longest varint: 64 bits, seven a byte. */
const MAX_VARINT_BYTES = 10;
/** Bytes of the longest tag: 32 bits. */
const MAX_TAG_BYTES = 5;

/**
 * Reads the wire format of protobuf (protobuf.dev, "Encoding"): tags and the values after them. Everything throws
 * WireError, whatever the bytes.
 */
export class ProtoReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #end: number;
  /** The upper 32 bits of the last varint. */
  #high = 0;

  /** `bytes` are borrowed while this is in use. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Whether the message, or the message within, has been read. */
  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** `field number << 3 | wire type`; neither a number of 0 nor an unknown wire type. */
  tag(): number {
    const start = this.#at;
    const tag = this.uint32();
    if (this.#high !== 0 || this.#at - start > MAX_TAG_BYTES)
      throw new WireError("malformed", "a tag is over 32 bits");
    if (tag >>> 3 === 0 || (tag & 7) > WireType.bits32)
      throw new WireError("malformed", "a tag that protobuf does not have");
    return tag;
  }

  /** A varint's low 32 bits; the others are dropped, as protobuf has it. */
  uint32(): number {
    let low = 0;
    let high = 0;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      if (this.#at >= this.#end) throw new WireError("truncated", "a number is cut short");
      const byte = this.#bytes[this.#at++]!;
      const bits = byte & 127;
      const shift = index * 7;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high = bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte > 127) continue;
      if (index === MAX_VARINT_BYTES - 1 && byte > 1) break;
      this.#high = high;
      return low >>> 0;
    }
    throw new WireError("malformed", "a number is over 64 bits");
  }

  /** A varint's low 32 bits, signed. */
  int32(): number {
    return this.uint32() | 0;
  }

  /** Whether a varint is anything but 0. */
  bool(): boolean {
    return (this.uint32() | this.#high) !== 0;
  }

  /** A length and so many bytes; a view. */
  bytes(): Uint8Array {
    const start = this.#skipLength();
    return this.#bytes.subarray(start, this.#at);
  }

  /** A length and so many bytes of UTF-8. */
  string(): string {
    return decodeUtf8(this.bytes());
  }

  /** A length; what is read from here on ends after so many bytes. Returns what `leave` takes. */
  enter(): number {
    const outer = this.#end;
    const start = this.#skipLength();
    this.#end = this.#at;
    this.#at = start;
    return outer;
  }

  /** Goes on after a message within, which has been read to its end. */
  leave(outer: number): void {
    this.#end = outer;
  }

  /** Passes over the value after `tag`; groups may be nested `depth` deep. */
  skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case WireType.varint:
        this.uint32();
        return;
      case WireType.bits64:
        this.#skipBytes(8);
        return;
      case WireType.bits32:
        this.#skipBytes(4);
        return;
      case WireType.bytes:
        this.#skipLength();
        return;
      case WireType.groupStart:
        this.#skipGroup(tag, depth);
        return;
      default:
        throw new WireError("malformed", "the end of a group that was not begun");
    }
  }

  #skipGroup(start: number, depth: number): void {
    if (depth <= 0) throw new WireError("limit", "groups are nested too deep");
    const end = start - WireType.groupStart + WireType.groupEnd;
    for (let tag = this.tag(); tag !== end; tag = this.tag()) this.skip(tag, depth - 1);
  }

  /** Reads a length and passes over so many bytes; returns where they begin. */
  #skipLength(): number {
    const length = this.uint32();
    if (this.#high !== 0) throw new WireError("limit", "a length is over 32 bits");
    const start = this.#at;
    this.#skipBytes(length);
    return start;
  }

  #skipBytes(count: number): void {
    if (count > this.#end - this.#at) throw new WireError("truncated", "a field is cut short");
    this.#at += count;
  }
}
