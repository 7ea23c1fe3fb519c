/** As much of protobuf as hello and host_hello need (spec/rift.proto). */
import { concat, need } from "./bytes.ts";

/** A number, a text, or a message within. */
export type ProtoValue = number | string | Uint8Array;

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let left = BigInt(value);
  for (; left > 127n; left >>= 7n) out.push(Number(left & 127n) | 128);
  return Uint8Array.from([...out, Number(left)]);
}

/** A message from field numbers and values, in their order. */
export function writeProto(...fields: readonly (readonly [number, ProtoValue])[]): Uint8Array {
  return concat(
    ...fields.map(([number, value]) => {
      if (typeof value === "number") return concat(varint(number << 3), varint(value));
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
      return concat(varint((number << 3) | 2), varint(bytes.length), bytes);
    }),
  );
}

/** The values of a message by field number. Throws Refused. */
export function readProto(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const readVarint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      need(at < bytes.length && shift < 64n, "a number is cut short");
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < bytes.length) {
    const tag = readVarint();
    let value: number | Uint8Array;
    if ((tag & 7) === 0) value = readVarint();
    else {
      need((tag & 7) === 2, "a wire type that rift.proto does not use");
      const length = readVarint();
      need(length <= bytes.length - at, "a field is cut short");
      at += length;
      value = bytes.slice(at - length, at);
    }
    fields.set(tag >>> 3, [...(fields.get(tag >>> 3) ?? []), value]);
  }
  return fields;
}

/** A `Control` whose body is `hello`. */
export function helloMessage(deviceName: string): Uint8Array {
  return writeProto([1, writeProto([1, 1], [2, "plain"], [3, deviceName], [4, "patch"])]);
}

/** A `Control` whose body is `host_hello`, with one monitor. */
export function hostHelloMessage(deviceName: string, width: number, height: number): Uint8Array {
  const monitor = writeProto([2, "one"], [5, width], [6, height], [7, 1]);
  const rights = writeProto([1, 1], [2, 1], [3, 1]);
  return writeProto([
    2,
    writeProto([1, 1], [3, deviceName], [4, monitor], [5, "patch"], [7, rights]),
  ]);
}
