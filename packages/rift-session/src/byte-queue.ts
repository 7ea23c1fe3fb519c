/** Bytes of a stream from an offset on: appended at the end, read anywhere, dropped at the front. */
export class ByteQueue {
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #base = 0;

  /** Stream offset of the first byte. */
  get base(): number {
    return this.#base;
  }

  /** Stream offset after the last byte. */
  get limit(): number {
    return this.#base + this.length;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Appends a copy of `bytes`. */
  append(bytes: Uint8Array): void {
    if (this.#buffer.length - this.#end < bytes.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Copies `length` bytes from stream offset `from` into `out`. They must be there. */
  copyTo(out: Uint8Array, offset: number, from: number, length: number): void {
    const at = this.#start + from - this.#base;
    out.set(this.#buffer.subarray(at, at + length), offset);
  }

  /** Drops everything before stream offset `to`. */
  dropTo(to: number): void {
    const bytes = Math.min(to - this.#base, this.length);
    if (bytes <= 0) return;
    this.#base += bytes;
    this.#start += bytes;
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  #makeRoom(bytes: number): void {
    const needed = this.length + bytes;
    let target = this.#buffer;
    if (this.#buffer.length < needed) {
      let capacity = Math.max(4096, this.#buffer.length);
      while (capacity < needed) capacity *= 2;
      target = new Uint8Array(capacity);
    }
    target.set(this.#buffer.subarray(this.#start, this.#end), 0);
    this.#buffer = target;
    this.#end -= this.#start;
    this.#start = 0;
  }
}
