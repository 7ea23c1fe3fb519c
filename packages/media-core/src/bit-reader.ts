import { WireError } from "@wavry/rift-core/screen";

/** Reads bits of an H.264 unit (§7.2, §9.1), leaving out emulation prevention bytes; throws WireError past the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  #bit = 0;
  #zeros = 0;

  /** `bytes` is borrowed. */
  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** One bit. */
  bit(): number {
    if (this.#bit === 0 && this.#zeros >= 2 && this.#bytes[this.#at] === 3) {
      this.#at++;
      this.#zeros = 0;
    }
    if (this.#at >= this.#end) throw new WireError("truncated", "an H.264 unit ends early");
    const byte = this.#bytes[this.#at]!;
    const value = (byte >> (7 - this.#bit)) & 1;
    if (++this.#bit === 8) {
      this.#bit = 0;
      this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
      this.#at++;
    }
    return value;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** An unsigned number of `count` bits (at most 32). */
  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left--) value = value * 2 + this.bit();
    return value;
  }

  /** ue(v): an unsigned Exp-Golomb number. */
  unsigned(): number {
    let zeros = 0;
    while (this.bit() === 0) if (++zeros > 31) throw new WireError("malformed", "ue(v) too long");
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v): a signed Exp-Golomb number. */
  signed(): number {
    const value = this.unsigned();
    return value % 2 === 1 ? (value + 1) / 2 : -value / 2;
  }
}
