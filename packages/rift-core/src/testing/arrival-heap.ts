import type { Micros } from "../micros.ts";

interface Timed {
  readonly at: Micros;
}

/** Packets under way, the earliest first; of those at one time, the one put in first. */
export class ArrivalHeap<T extends Timed> {
  readonly #values: T[] = [];
  readonly #orders: number[] = [];
  #order = 0;

  get length(): number {
    return this.#values.length;
  }

  /** The earliest; undefined: it is empty. */
  peek(): T | undefined {
    return this.#values[0];
  }

  push(value: T): void {
    const order = this.#order++;
    let place = this.#values.length;
    this.#values.push(value);
    this.#orders.push(order);
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (this.#values[parent]!.at <= value.at) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#values[place] = value;
    this.#orders[place] = order;
  }

  pop(): T | undefined {
    const first = this.#values[0];
    const last = this.#values.pop();
    const order = this.#orders.pop();
    const count = this.#values.length;
    if (last === undefined || order === undefined || count === 0) return first;
    let place = 0;
    for (let child = 1; child < count; child = 2 * place + 1) {
      if (child + 1 < count && this.#isBefore(child + 1, child)) child++;
      const at = this.#values[child]!.at;
      if (last.at < at || (last.at === at && order < this.#orders[child]!)) break;
      this.#move(child, place);
      place = child;
    }
    this.#values[place] = last;
    this.#orders[place] = order;
    return first;
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#values[a]!.at - this.#values[b]!.at;
    return difference < 0 || (difference === 0 && this.#orders[a]! < this.#orders[b]!);
  }

  #move(from: number, to: number): void {
    this.#values[to] = this.#values[from]!;
    this.#orders[to] = this.#orders[from]!;
  }
}
