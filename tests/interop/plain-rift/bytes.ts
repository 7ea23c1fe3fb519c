/** Fields in bytes, big-endian, described as lists of names and types: slow and plain (spec/rift.md, head). */

/** A number, or so many bytes; "rest" is what follows to the end. */
export type FieldType = "u8" | "u16" | "u32" | "u64" | "i16" | "i32" | `bytes ${number}` | "rest";
export type Layout = readonly (readonly [name: string, type: FieldType])[];
/** Bytes; a string is read as hexadecimal. */
export type Octets = Uint8Array | string;

type ValueOf<T> = T extends "rest" | `bytes ${number}` ? Uint8Array : number;
type InputOf<T> = T extends "rest" | `bytes ${number}` ? Octets : number;
/** What a layout reads. */
export type FieldsOf<L extends Layout> = { [E in L[number] as E[0]]: ValueOf<E[1]> };
/** What a layout writes. */
export type InputsOf<L extends Layout> = { readonly [E in L[number] as E[0]]: InputOf<E[1]> };

/** Bytes that a reader must refuse. */
export class Refused extends Error {}

/** Throws Refused unless the condition holds. */
export function need(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Refused(what);
}

const SIZES: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, i16: 2, i32: 4 };

function sizeOf(type: FieldType): number {
  return SIZES[type] ?? Number(type.slice("bytes ".length));
}

/** The bytes of a layout without its rest. */
export function sizeOfLayout(layout: Layout): number {
  let size = 0;
  for (const [, type] of layout) if (type !== "rest") size += sizeOf(type);
  return size;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function octets(value: Octets): Uint8Array {
  return typeof value === "string" ? new Uint8Array(Buffer.from(value, "hex")) : value;
}

export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function concat(...parts: readonly Octets[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map(octets)));
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Writes the fields of a layout; what else is in `fields` is not looked at. */
export function write<const L extends Layout>(layout: L, fields: InputsOf<L>): Uint8Array {
  const values = fields as Readonly<Record<string, number | Octets>>;
  return concat(
    ...layout.map(([name, type]) => {
      const value = values[name]!;
      if (typeof value !== "number") {
        const bytes = octets(value);
        if (type !== "rest" && bytes.length !== sizeOf(type)) throw new RangeError(name);
        return bytes;
      }
      const out = new Uint8Array(sizeOf(type));
      let left = BigInt.asUintN(64, BigInt(value));
      for (let at = out.length - 1; at >= 0; at--, left >>= 8n) out[at] = Number(left & 255n);
      return out;
    }),
  );
}

/** Reads the fields of a layout from the start of `input`. Throws Refused. */
export function read<const L extends Layout>(layout: L, input: Uint8Array): FieldsOf<L> {
  const fields: Record<string, number | Uint8Array> = {};
  let at = 0;
  for (const [name, type] of layout) {
    const size = type === "rest" ? Math.max(0, input.length - at) : sizeOf(type);
    need(input.length - at >= size, `cut short before ${name}`);
    const bytes = input.slice(at, at + size);
    at += size;
    if (type === "rest" || type.startsWith("bytes")) {
      fields[name] = bytes;
      continue;
    }
    let value = 0n;
    for (const byte of bytes) value = (value << 8n) | BigInt(byte);
    if (type.startsWith("i")) value = BigInt.asIntN(size * 8, value);
    need(value < 1n << 53n, `${name} is 2^53 or more`);
    fields[name] = Number(value);
  }
  return fields as FieldsOf<L>;
}
