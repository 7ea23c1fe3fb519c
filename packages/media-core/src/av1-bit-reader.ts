import { WireError } from "@wavry/rift-core/screen";

/** Reads bits of an AV1 unit (AV1 §4.10), most significant first; throws WireError past the end. */
export class Av1BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** `bytes` is borrowed. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** f(1) */
  flag(): boolean {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw new WireError("truncated", "an AV1 unit ends early");
    return ((byte >> (7 - (this.#at++ & 7))) & 1) === 1;
  }

  /** f(n): an unsigned number of `count` bits (at most 32). */
  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left--) value = value * 2 + (this.flag() ? 1 : 0);
    return value;
  }

  /** uvlc() */
  unsigned(): number {
    let zeros = 0;
    while (!this.flag()) if (++zeros > 31) return 2 ** 32 - 1;
    return 2 ** zeros - 1 + this.bits(zeros);
  }
}
