import { varintLength } from "./varint.ts";

/** Puts one integer together from pieces of a stream. */
export class VarintReader {
  #value = 0;
  #have = 0;
  #length = 0;

  /** The integer, once `isComplete`. */
  get value(): number {
    return this.#value;
  }

  get isComplete(): boolean {
    return this.#have > 0 && this.#have === this.#length;
  }

  /** Nothing of an integer is there. */
  get isEmpty(): boolean {
    return this.#have === 0;
  }

  /** How many bytes the integer lacks, as far as that is known: at least 1 until it is complete. */
  get missingBytes(): number {
    return this.#have === 0 ? 1 : this.#length - this.#have;
  }

  /** Takes bytes from `offset` on until the integer is whole; gives the offset behind what it took. */
  read(input: Uint8Array, offset: number): number {
    let at = offset;
    while (!this.isComplete && at < input.length) {
      const byte = input[at++]!;
      if (this.#have === 0) {
        this.#length = varintLength(byte);
        this.#value = byte & 0x3f;
      } else this.#value = this.#value * 256 + byte;
      this.#have++;
    }
    return at;
  }

  /** Makes it complete with a value that was read elsewhere. */
  complete(value: number): void {
    this.#value = value;
    this.#have = 1;
    this.#length = 1;
  }

  /** Makes it ready for the next one. */
  reset(): void {
    this.#have = 0;
    this.#length = 0;
    this.#value = 0;
  }
}
