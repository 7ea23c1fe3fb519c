/**
 * The input that a thread runs just now, seen from another thread: it is known even where the first one hangs or runs
 * out of memory.
 */
export class SharedInput {
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #bytes: Uint8Array;

  /** A new one for inputs of so many bytes, or a view of another thread's `buffer`. */
  constructor(of: number | SharedArrayBuffer) {
    this.buffer = typeof of === "number" ? new SharedArrayBuffer(8 + of) : of;
    this.#numbers = new Int32Array(this.buffer, 0, 2);
    this.#bytes = new Uint8Array(this.buffer, 8);
  }

  /** Changes with each input. */
  get turn(): number {
    return Atomics.load(this.#numbers, 0);
  }

  /** Notes the input that is run next; it is copied. */
  set(input: Uint8Array): void {
    this.#bytes.set(input);
    this.#numbers[1] = input.length;
    Atomics.add(this.#numbers, 0, 1);
  }

  /** A copy of the input. */
  get(): Uint8Array {
    return this.#bytes.slice(0, this.#numbers[1]);
  }
}
