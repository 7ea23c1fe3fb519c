/** A first-in first-out queue that moves nothing. */
export class PacketRing<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(64).fill(undefined);
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was put in first; undefined: it is empty. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#first];
  }

  push(value: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#first + this.#length) & (this.#slots.length - 1)] = value;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#slots.length - 1);
    this.#length--;
    return value;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Array<T | undefined>(2 * old.length).fill(undefined);
    for (let index = 0; index < old.length; index++)
      slots[index] = old[(this.#first + index) & (old.length - 1)];
    this.#slots = slots;
    this.#first = 0;
  }
}
