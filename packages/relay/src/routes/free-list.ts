/** Numbers from 0 on, of which the ones that were given back are given out first. */
export class FreeList {
  readonly #max: number;
  readonly #free: number[] = [];
  #next = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** A number that is in use by nobody else. Throws where there is none: the caller's bounds are to prevent it. */
  take(): number {
    const freed = this.#free.pop();
    if (freed !== undefined) return freed;
    if (this.#next >= this.#max) throw new Error("more is in use than was bounded");
    return this.#next++;
  }

  give(number: number): void {
    this.#free.push(number);
  }
}
