import { WireError } from "@wavry/rift-core";
import { type Field, fieldBytes } from "./field.ts";

/** The table that an encoder fills (RFC 9204 §3.2). Each field has an absolute index that never changes. */
export class DynamicTable {
  readonly #maxCapacity: number;
  /** The oldest first. */
  readonly #fields: Field[] = [];
  #capacity = 0;
  #size = 0;
  #evicted = 0;

  constructor({ maxCapacity }: { maxCapacity: number }) {
    this.#maxCapacity = maxCapacity;
  }

  get maxCapacity(): number {
    return this.#maxCapacity;
  }

  /** How many fields were ever inserted: the absolute index of the next one. */
  get insertCount(): number {
    return this.#evicted + this.#fields.length;
  }

  /** Bytes that a field may have to fit. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Throws WireError over what was offered. */
  setCapacity(capacity: number): void {
    if (capacity > this.#maxCapacity)
      throw new WireError("limit", `the table has at most ${this.#maxCapacity} bytes`);
    this.#capacity = capacity;
    this.#evict(0);
  }

  /** Throws WireError where it is larger than the whole table. */
  insert(field: Field): void {
    const bytes = fieldBytes(field);
    if (bytes > this.#capacity) throw new WireError("limit", "a field is larger than the table");
    this.#evict(bytes);
    this.#fields.push(field);
    this.#size += bytes;
  }

  /** The field with this absolute index. Throws WireError where it is gone or was never there. */
  at(absoluteIndex: number): Field {
    const field = this.#fields[absoluteIndex - this.#evicted];
    if (field === undefined) throw new WireError("malformed", "no field has that index");
    return field;
  }

  #evict(room: number): void {
    while (this.#size + room > this.#capacity) {
      this.#size -= fieldBytes(this.#fields.shift()!);
      this.#evicted++;
    }
  }
}
