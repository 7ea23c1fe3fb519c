/**
 * Integers with a prefix and strings (RFC 9204 §4.1): an integer begins in the lower bits of a byte; where these are all ones, bytes
 * of seven bits follow, the lowest first. A string is a flag for Huffman, its length, its bytes.
 */
import { WireError } from "@wavry/rift-core";
import { decodeHuffman } from "./huffman.ts";

/** Every length and index of ours is far below; RFC 9204 asks for 62 bits only where they mean something. */
const MAX_INTEGER = 2 ** 53 - 1;

/** Reads one behind the other. Every method throws WireError, "truncated" where bytes are missing. */
export class PrefixReader {
  readonly #input: Uint8Array;
  #at: number;

  /** The bytes are borrowed. */
  constructor(input: Uint8Array, offset = 0) {
    this.#input = input;
    this.#at = offset;
  }

  get offset(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#input.length;
  }

  /** The byte that comes next, which stays. */
  peek(): number {
    const byte = this.#input[this.#at];
    if (byte === undefined) throw new WireError("truncated", "a field is cut short");
    return byte;
  }

  /** An integer in the lower `prefixBits` bits of the next byte and what follows. */
  integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1;
    let value = this.peek() & mask;
    this.#at++;
    if (value < mask) return value;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.peek();
      this.#at++;
      value += (byte & 0x7f) * scale;
      if (value > MAX_INTEGER || scale > MAX_INTEGER)
        throw new WireError("malformed", "an integer is too large");
      if (byte < 128) return value;
    }
  }

  /** A string whose length has `prefixBits` bits, with the Huffman flag above them; latin1. */
  string(prefixBits: number, maxBytes: number): string {
    const isHuffman = ((this.peek() >> prefixBits) & 1) === 1;
    const length = this.integer(prefixBits);
    // The longest code has 30 bits for 8.
    if (length > (isHuffman ? maxBytes * 4 : maxBytes))
      throw new WireError("limit", `a string has over ${maxBytes} bytes`);
    if (length > this.#input.length - this.#at)
      throw new WireError("truncated", "a string is cut short");
    const bytes = this.#input.subarray(this.#at, this.#at + length);
    this.#at += length;
    return latin1(isHuffman ? decodeHuffman(bytes, maxBytes) : bytes);
  }
}

/** Characters of one byte each. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Appends an integer behind the upper bits `head`. */
export function pushInteger(out: number[], head: number, prefixBits: number, value: number): void {
  const mask = 2 ** prefixBits - 1;
  if (value < mask) {
    out.push(head | value);
    return;
  }
  out.push(head | mask);
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
}

/** Appends a latin1 string as it is, without Huffman. Throws RangeError on a character of more than one byte. */
export function pushString(out: number[], head: number, prefixBits: number, text: string): void {
  pushInteger(out, head, prefixBits, text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) throw new RangeError("a field has characters that are not latin1");
    out.push(code);
  }
}
