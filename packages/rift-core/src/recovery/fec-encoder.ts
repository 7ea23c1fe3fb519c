import { type RepairableUpdate, RepairWriter } from "./repair-writer.ts";

/** How many repair packets an update gets. */
export interface RepairPlan {
  /** Groups that its fragments are dealt into in turn, 1..255. */
  readonly depth: number;
  /** Repair packets of each group; 0: none. */
  readonly rows: number;
}

/** Gives the repair packets of one update, one at a time: row by row, so that a burst hits different groups. */
export class FecEncoder {
  readonly #writer: RepairWriter;
  #update: RepairableUpdate | undefined;
  #depth = 0;
  #rows = 0;
  #group = 0;
  #row = 0;

  constructor(writer: RepairWriter = new RepairWriter()) {
    this.#writer = writer;
  }

  /** Repair packets that are still to come. */
  get left(): number {
    return this.#update === undefined ? 0 : (this.#rows - this.#row) * this.#depth - this.#group;
  }

  /** Begins with an update (borrowed until the last packet, the next `start` or `clear`); what was left is dropped. */
  start(update: RepairableUpdate, plan: RepairPlan): void {
    this.#update = plan.rows > 0 ? update : undefined;
    this.#depth = plan.depth;
    this.#rows = plan.rows;
    this.#group = 0;
    this.#row = 0;
  }

  /** Writes the next payload of the repair channel into `out` (1168 bytes); returns its length, 0: there is none. */
  poll(out: Uint8Array): number {
    const update = this.#update;
    if (update === undefined) return 0;
    const length = this.#writer.write(out, update, this.#depth, this.#group, this.#row);
    if (++this.#group === this.#depth) {
      this.#group = 0;
      if (++this.#row === this.#rows) this.#update = undefined;
    }
    return length;
  }

  /** Forgets the update. */
  clear(): void {
    this.#update = undefined;
  }
}
