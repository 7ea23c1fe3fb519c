/**
 * What comes on the encoder stream of a peer (RFC 9204 §4.3):
 *
 *     | 001 | capacity, 5 bits |                             set the table's capacity
 *     | 1 | T | index, 6 bits | value, 8-bit prefix |        insert with the name of an entry (T: static)
 *     | 01 | name, 6-bit prefix | value, 8-bit prefix |      insert
 *     | 000 | index, 5 bits |                                duplicate
 */
import { WireError } from "@wavry/rift-core";
import { Http3Code, Http3Error } from "../http3/http3-error.ts";
import type { DynamicTable } from "./dynamic-table.ts";
import { PrefixReader } from "./primitives.ts";
import { STATIC_TABLE } from "./static-table.ts";

/** Reads the instructions of a stream into a table; holds at most one that is cut short. */
export class EncoderInstructions {
  readonly #table: DynamicTable;
  #held: Uint8Array = new Uint8Array(0);

  constructor(table: DynamicTable) {
    this.#table = table;
  }

  /** The next bytes of the stream; borrowed. Throws Http3Error. */
  read(bytes: Uint8Array): void {
    const input = new Uint8Array(this.#held.length + bytes.length);
    input.set(this.#held);
    input.set(bytes, this.#held.length);
    let done = 0;
    try {
      while (done < input.length) {
        const reader = new PrefixReader(input, done);
        this.#instruction(reader);
        done = reader.offset;
      }
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      if (cause.code !== "truncated")
        throw new Http3Error(Http3Code.qpackEncoderStreamError, cause.message);
    }
    // An instruction that is cut short is no longer than two strings, whose lengths were looked at.
    this.#held = input.slice(done);
  }

  #instruction(reader: PrefixReader): void {
    const table = this.#table;
    const head = reader.peek();
    if (head >= 0x80) {
      const index = reader.integer(6);
      const name = this.#name((head & 0x40) !== 0, index);
      table.insert([name, reader.string(7, table.capacity)]);
    } else if (head >= 0x40) {
      const name = reader.string(5, table.capacity);
      table.insert([name, reader.string(7, table.capacity)]);
    } else if (head >= 0x20) table.setCapacity(reader.integer(5));
    else table.insert(table.at(table.insertCount - 1 - reader.integer(5)));
  }

  #name(isStatic: boolean, index: number): string {
    if (!isStatic) return this.#table.at(this.#table.insertCount - 1 - index)[0];
    const field = STATIC_TABLE[index];
    if (field === undefined) throw new WireError("malformed", "no static field has that index");
    return field[0];
  }
}
