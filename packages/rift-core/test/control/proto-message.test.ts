import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import { MAX_LIST_LENGTH, MessageType } from "../../src/control/proto-message.ts";

interface Part {
  readonly name: string;
  readonly size: number;
}
interface Whole {
  readonly numbers: readonly number[];
  readonly parts: readonly Part[];
  readonly first?: Part;
  readonly data: Uint8Array;
}
const PART = new MessageType<Part>({ name: [1, "string"], size: [2, "int32"] });
const WHOLE = new MessageType<Whole>({
  numbers: [1, "uint32", "repeated"],
  parts: [2, PART, "repeated"],
  first: [3, PART],
  data: [17, "bytes"],
});
const EMPTY = { numbers: [], parts: [], data: new Uint8Array(0) };
const decode = (...bytes: number[]): Whole => WHOLE.decode(Uint8Array.from(bytes));

function refuses(code: string, ...bytes: number[]): void {
  assert.throws(
    () => decode(...bytes),
    (error) => error instanceof WireError && error.code === code,
  );
}

test("a message of lists, messages and large bytes survives", () => {
  const part = fc.record({ name: fc.string(), size: fc.integer() }, { noNullPrototype: true });
  const numbers = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }));
  const whole = fc.record(
    { numbers, parts: fc.array(part), first: part, data: fc.uint8Array({ maxLength: 70_000 }) },
    { requiredKeys: ["numbers", "parts", "data"], noNullPrototype: true },
  );
  fc.assert(
    fc.property(whole, (whole) => assert.deepEqual(WHOLE.decode(WHOLE.encode(whole)), whole)),
  );
});

test("a message within whose length takes several bytes survives at any place in the buffer", () => {
  for (let length = 0; length < 600; length++) {
    const parts = [
      { name: "x".repeat(length), size: -1 },
      { name: "y", size: 1 },
    ];
    const whole = { ...EMPTY, parts };
    assert.deepEqual(WHOLE.decode(WHOLE.encode(whole)), whole);
  }
});

test("numbers in a list are written packed, and read packed or not", () => {
  assert.deepEqual([...WHOLE.encode({ numbers: [1, 300] })], [10, 3, 1, 172, 2]);
  assert.deepEqual(decode(10, 3, 1, 172, 2, 8, 7, 10, 0).numbers, [1, 300, 7]);
  refuses("truncated", 10, 1, 172, 2);
});

test("the last of several values holds, and parts of a message are put together", () => {
  const { first } = decode(26, 3, 10, 1, 97, 26, 2, 16, 1, 26, 2, 16, 2);
  assert.deepEqual(first, { name: "a", size: 2 });
});

test("fields that are unknown or of another wire type are left out", () => {
  assert.deepEqual(decode(), EMPTY);
  // Field 6 as a varint, as 64 bits, as bytes, as a group of a group, as 32 bits.
  assert.deepEqual(
    decode(
      ...[48, 255, 1, 49, 1, 2, 3, 4, 5, 6, 7, 8, 50, 1, 1],
      ...[51, 59, 8, 1, 60, 52, 53, 1, 2, 3, 4],
    ),
    EMPTY,
  );
  // A part as a varint, and bytes as 32 bits.
  assert.deepEqual(decode(16, 1, 141, 1, 1, 2, 3, 4), EMPTY);
});

test("a decoded message owns its bytes", () => {
  const bytes = WHOLE.encode({ data: Uint8Array.of(1, 2) });
  const { data } = WHOLE.decode(bytes);
  bytes.fill(9);
  assert.deepEqual([...data], [1, 2]);
});

test("what is not protobuf is a WireError", () => {
  refuses("truncated", 8); // a field without its value
  refuses("truncated", 8, 128); // a number that goes on
  refuses("truncated", 138, 1, 2, 1); // bytes that are cut short
  refuses("truncated", 18, 2, 10, 5, 97, 98, 99, 100, 101); // a text that reaches out of its message
  refuses("malformed", 0, 1); // field 0
  refuses("malformed", 15); // wire type 7
  refuses("malformed", 136, 128, 128, 128, 128, 0, 1); // a tag of six bytes
  refuses("malformed", 52); // the end of no group
  refuses("malformed", 51, 60); // the end of another group
  refuses("truncated", 51, 8, 1); // a group without end
  refuses("malformed", 8, ...new Array<number>(9).fill(255), 2); // 65 bits
  refuses("limit", 138, 1, 129, 128, 128, 128, 16); // a length of 2^32 + 1
  refuses("malformed", 26, 3, 10, 1, 255); // a text that is not UTF-8
});

test("groups may be nested as deep as messages, not deeper", () => {
  const nested = (depth: number): number[] => [
    ...new Array<number>(depth).fill(51),
    ...new Array<number>(depth).fill(52),
  ];
  assert.deepEqual(decode(...nested(99)), EMPTY);
  refuses("limit", ...nested(100));
  assert.throws(() => WHOLE.decode(new Uint8Array(1 << 20).fill(51)), WireError);
});

test("a list that is too long is a WireError, packed or not", () => {
  const list = new Array<number>(MAX_LIST_LENGTH).fill(1);
  assert.equal(WHOLE.decode(WHOLE.encode({ numbers: list })).numbers.length, MAX_LIST_LENGTH);
  const longer = [...list, 1];
  assert.throws(() => WHOLE.decode(WHOLE.encode({ numbers: longer })), WireError);
  assert.throws(() => WHOLE.decode(WHOLE.encode({ parts: longer.map(() => ({})) })), WireError);
});

test("encoding a number that its kind does not take is a RangeError", () => {
  for (const number of [-1, 0.5, 2 ** 32, Number.NaN])
    assert.throws(() => WHOLE.encode({ numbers: [number] }), RangeError);
  for (const size of [0.5, 2 ** 31, -(2 ** 31) - 1])
    assert.throws(() => WHOLE.encode({ first: { size } }), RangeError);
});
