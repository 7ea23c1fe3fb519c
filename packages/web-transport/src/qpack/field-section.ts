/**
 * Field sections (RFC 9204 §4.5): a prefix, then lines.
 *
 *     | required insert count, 8-bit prefix | sign | delta base, 7-bit prefix |
 *     | 1 | T | index, 6 bits |                              an entry (T: static)
 *     | 0001 | index, 4 bits |                               an entry behind the base
 *     | 01 | N | T | index, 4 bits | value, 8-bit prefix |   the name of an entry
 *     | 0000 | N | index, 3 bits | value, 8-bit prefix |     the name of an entry behind the base
 *     | 001 | N | name, 4-bit prefix | value, 8-bit prefix |
 */
import { WireError } from "@wavry/rift-core";
import { Http3Code, Http3Error } from "../http3/http3-error.ts";
import type { DynamicTable } from "./dynamic-table.ts";
import { type Field, fieldBytes } from "./field.ts";
import { PrefixReader, pushInteger, pushString } from "./primitives.ts";
import { STATIC_TABLE } from "./static-table.ts";

export interface FieldSection {
  readonly fields: readonly Field[];
  /** Not 0: the decoder acknowledges the section. */
  readonly requiredInsertCount: number;
}

/**
 * Decodes a whole section (borrowed). Throws Http3Error: malformed, with entries that are not there yet (no stream may
 * wait for the table), or over `maxBytes` by the measure of `fieldBytes`, which ends the stream alone.
 */
export function decodeFieldSection(
  section: Uint8Array,
  { table, maxBytes }: { table: DynamicTable; maxBytes: number },
): FieldSection {
  try {
    return new SectionReader(section, table).read(maxBytes);
  } catch (cause) {
    if (cause instanceof Http3Error || !(cause instanceof WireError)) throw cause;
    throw new Http3Error(Http3Code.qpackDecompressionFailed, cause.message, { code: cause.code });
  }
}

class SectionReader {
  readonly #reader: PrefixReader;
  readonly #table: DynamicTable;
  #required = 0;
  #base = 0;

  constructor(section: Uint8Array, table: DynamicTable) {
    this.#reader = new PrefixReader(section);
    this.#table = table;
  }

  read(maxBytes: number): FieldSection {
    this.#prefix();
    const fields: Field[] = [];
    let bytes = 0;
    while (!this.#reader.isAtEnd) {
      const field = this.#line(maxBytes);
      bytes += fieldBytes(field);
      if (bytes > maxBytes)
        throw new Http3Error(Http3Code.excessiveLoad, `headers have over ${maxBytes} bytes`, {
          ...{ code: "limit", scope: "stream" },
        });
      fields.push(field);
    }
    return { fields, requiredInsertCount: this.#required };
  }

  /** RFC 9204 §4.5.1: the count is sent modulo twice the entries that the table can have at most. */
  #prefix(): void {
    const encoded = this.#reader.integer(8);
    const known = this.#table.insertCount;
    if (encoded > 0) {
      const maxEntries = Math.floor(this.#table.maxCapacity / 32);
      const range = 2 * maxEntries;
      if (encoded > range) throw new WireError("malformed", "an insert count is out of range");
      const largest = known + maxEntries;
      let count = Math.floor(largest / range) * range + encoded - 1;
      if (count > largest) {
        if (count <= range) throw new WireError("malformed", "an insert count is out of range");
        count -= range;
      }
      if (count === 0) throw new WireError("malformed", "an insert count is out of range");
      this.#required = count;
    }
    if (this.#required > known)
      throw new WireError("malformed", "headers wait for entries of the table");
    const isBehind = (this.#reader.peek() & 0x80) !== 0;
    const delta = this.#reader.integer(7);
    this.#base = isBehind ? this.#required - delta - 1 : this.#required + delta;
    if (this.#base < 0) throw new WireError("malformed", "a base is negative");
  }

  #line(maxBytes: number): Field {
    const reader = this.#reader;
    const head = reader.peek();
    if (head >= 0x80) return this.#entry((head & 0x40) !== 0, reader.integer(6));
    if (head >= 0x40) {
      const [name] = this.#entry((head & 0x10) !== 0, reader.integer(4));
      return [name, reader.string(7, maxBytes)];
    }
    if (head >= 0x20) {
      const name = reader.string(3, maxBytes);
      return [name, reader.string(7, maxBytes)];
    }
    if (head >= 0x10) return this.#dynamic(this.#base + reader.integer(4));
    const [name] = this.#dynamic(this.#base + reader.integer(3));
    return [name, reader.string(7, maxBytes)];
  }

  #entry(isStatic: boolean, index: number): Field {
    if (!isStatic) return this.#dynamic(this.#base - 1 - index);
    const field = STATIC_TABLE[index];
    if (field === undefined) throw new WireError("malformed", "no static field has that index");
    return field;
  }

  #dynamic(absoluteIndex: number): Field {
    if (absoluteIndex >= this.#required)
      throw new WireError("malformed", "a line goes beyond what the section asks for");
    return this.#table.at(absoluteIndex);
  }
}

/** Encodes with the static table alone. Throws RangeError on characters that are not latin1. */
export function encodeFieldSection(fields: readonly Field[]): Uint8Array {
  const out = [0, 0];
  for (const [name, value] of fields) {
    const index = STATIC_TABLE.findIndex((field) => field[0] === name && field[1] === value);
    const nameIndex = STATIC_TABLE.findIndex((field) => field[0] === name);
    if (index >= 0) pushInteger(out, 0xc0, 6, index);
    else {
      if (nameIndex >= 0) pushInteger(out, 0x50, 4, nameIndex);
      else pushString(out, 0x20, 3, name);
      pushString(out, 0, 7, value);
    }
  }
  return Uint8Array.from(out);
}
