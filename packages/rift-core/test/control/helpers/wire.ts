/** Random protobuf by the descriptors of a message: values, and bytes that no encoder would write. */
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

type Bytes = readonly number[];

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: "binary", maxLength: 12 }));
const bytes = fc.uint8Array({ maxLength: 200 });
const u32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }));
const i32 = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer());

function scalarValue(type: ScalarType | undefined): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.UINT32:
      return u32;
    case ScalarType.INT32:
      return i32;
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.STRING:
      return text;
    case ScalarType.BYTES:
      return bytes;
    default:
      throw new Error(`the tests do not know scalar type ${type}`);
  }
}

function fieldValue(field: DescField): fc.Arbitrary<unknown> {
  const one = field.message === undefined ? scalarValue(field.scalar) : messageValue(field.message);
  return field.fieldKind === "list" ? fc.array(one, { maxLength: 4 }) : one;
}

/** Messages of this type as plain objects, some fields left out; oneofs as `{ case, value }`. */
export function messageValue(type: DescMessage): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const member of type.members)
    if (member.kind === "field") fields[member.localName] = fieldValue(member);
    else
      fields[member.localName] = fc.oneof(
        ...member.fields.map((field) =>
          fc.record({ case: fc.constant(field.localName), value: fieldValue(field) }),
        ),
      );
  return fc.record(fields, { requiredKeys: [] });
}

function varint(value: bigint): number[] {
  const out: number[] = [];
  let left = value;
  for (; left > 127n; left >>= 7n) out.push(Number(left & 127n) | 128);
  return [...out, Number(left)];
}

/** A varint, sometimes with zeros after it that an encoder leaves out. */
const varintBytes = (value: fc.Arbitrary<bigint>): fc.Arbitrary<Bytes> =>
  fc
    .tuple(value, fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(3)))
    .map(([value, zeros]) => {
      const out = varint(value);
      if (zeros === 0 || out.length + zeros > 10) return out;
      out[out.length - 1]! |= 128;
      return [...out, ...new Array<number>(zeros - 1).fill(128), 0];
    });
const anyVarint = varintBytes(
  fc.oneof(fc.nat(300).map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
);
const tagged = (number: number, wireType: number, value: Bytes): Bytes => [
  ...varint(BigInt(number * 8 + wireType)),
  ...value,
];
const lengthOf = (value: Bytes): Bytes => [...varint(BigInt(value.length)), ...value];
const plainBytes = (maxLength: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ maxLength }).map((value) => [...value]);
const fixed = (length: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((value) => [...value]);

/** A value of any wire type, with its tag; groups up to `depth` deep. */
function anyField(number: fc.Arbitrary<number>, depth: number): fc.Arbitrary<Bytes> {
  const value = (wireType: number, bytes: fc.Arbitrary<Bytes>): fc.Arbitrary<Bytes> =>
    fc.tuple(number, bytes).map(([number, bytes]) => tagged(number, wireType, bytes));
  const flat = [
    value(0, anyVarint),
    value(1, fixed(8)),
    value(2, plainBytes(9).map(lengthOf)),
    value(5, fixed(4)),
  ];
  if (depth === 0) return fc.oneof(...flat);
  const group = fc
    .tuple(number, fc.array(anyField(number, depth - 1), { maxLength: 3 }))
    .map(([number, fields]) => [...tagged(number, 3, fields.flat()), ...tagged(number, 4, [])]);
  return fc.oneof(...flat, group);
}

function knownField(field: DescField): fc.Arbitrary<Bytes> {
  const tag = (wireType: number) => (value: Bytes) => tagged(field.number, wireType, value);
  if (field.message !== undefined)
    return messageWire(field.message)
      .map((value) => lengthOf([...value]))
      .map(tag(2));
  if (field.scalar === ScalarType.STRING)
    return fc
      .oneof(
        { weight: 9, arbitrary: text.map((text): Bytes => [...new TextEncoder().encode(text)]) },
        plainBytes(3),
      )
      .map(lengthOf)
      .map(tag(2));
  if (field.scalar === ScalarType.BYTES) return plainBytes(300).map(lengthOf).map(tag(2));
  return anyVarint.map(tag(0));
}

/** Bytes of this type in any order: fields repeated, messages in parts, unknown fields, some fields of a foreign wire type. */
export function messageWire(type: DescMessage): fc.Arbitrary<Uint8Array> {
  const unknown = fc.oneof(fc.integer({ min: 16, max: 40 }), fc.constant(2 ** 29 - 1));
  const field = fc.oneof(
    { weight: 12, arbitrary: fc.oneof(...type.fields.map(knownField)) },
    { weight: 2, arbitrary: anyField(unknown, 3) },
    { weight: 1, arbitrary: anyField(fc.integer({ min: 1, max: 8 }), 1) },
  );
  return fc.array(field, { maxLength: 6 }).map((fields) => Uint8Array.from(fields.flat()));
}
