import type { Order } from "@wavry/signaling";

interface Address {
  get(name: string): string;
  set(name: string, value: string): void;
}

/** What a list is sorted by, as the page's address has it. */
export class Sorting {
  readonly #address: Address;
  readonly #first: { readonly sort: string; readonly order: Order };

  constructor(address: Address, first: { readonly sort: string; readonly order: Order }) {
    this.#address = address;
    this.#first = first;
  }

  get value(): { readonly sort: string; readonly order: Order } {
    const order = this.#address.get("order");
    return {
      sort: this.#address.get("sort") || this.#first.sort,
      order: order === "asc" || order === "desc" ? order : this.#first.order,
    };
  }

  /** By another column, or the same one the other way. */
  by(name: string): void {
    const { sort, order } = this.value;
    this.#address.set("order", name === sort && order === "asc" ? "desc" : "asc");
    this.#address.set("sort", name);
  }
}
