/** The beginnings of one buffer as views, each made once: what has all lengths makes no garbage. */
export class LengthViews {
  readonly bytes: Uint8Array;
  readonly #views: (Uint8Array | undefined)[];

  /** A buffer of so many bytes, of which views have up to `maxBytes`. */
  constructor(bufferBytes: number, maxBytes: number = bufferBytes) {
    this.bytes = new Uint8Array(bufferBytes);
    this.#views = new Array(maxBytes + 1).fill(undefined);
  }

  /** `bytes[0, length)`; throws RangeError beyond the longest. */
  first(length: number): Uint8Array {
    const known = this.#views[length];
    if (known !== undefined) return known;
    if (!(length >= 0 && length < this.#views.length))
      throw new RangeError(`there is no view of ${length} bytes`);
    const view = this.bytes.subarray(0, length);
    this.#views[length] = view;
    return view;
  }
}
