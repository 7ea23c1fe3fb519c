import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Http3Code, Http3Error } from "../../src/http3/http3-error.ts";
import { DynamicTable } from "../../src/qpack/dynamic-table.ts";
import { EncoderInstructions } from "../../src/qpack/encoder-instructions.ts";
import type { Field } from "../../src/qpack/field.ts";
import { decodeFieldSection, encodeFieldSection } from "../../src/qpack/field-section.ts";
import { STATIC_TABLE } from "../../src/qpack/static-table.ts";

const maxBytes = 10_000;

function decode(hex: string, table: DynamicTable): readonly Field[] {
  return decodeFieldSection(Uint8Array.fromHex(hex), { table, maxBytes }).fields;
}

test("the examples of RFC 9204 Appendix B are read", () => {
  const table = new DynamicTable({ maxCapacity: 220 });
  const encoder = new EncoderInstructions(table);
  const insert = (hex: string): void => encoder.read(Uint8Array.fromHex(hex));
  const authority: Field = [":authority", "www.example.com"];
  const path: Field = [":path", "/sample/path"];
  const custom: Field = ["custom-key", "custom-value"];
  assert.deepEqual(decode("0000510b2f696e6465782e68746d6c", table), [[":path", "/index.html"]]);
  insert("3fbd01c00f7777772e6578616d706c652e636f6dc10c2f73616d706c652f70617468");
  assert.deepEqual(decode("03811011", table), [authority, path]);
  insert("4a637573746f6d2d6b65790c637573746f6d2d76616c7565");
  insert("02");
  assert.deepEqual(decode("050080c181", table), [authority, [":path", "/"], custom]);
  insert("810d637573746f6d2d76616c756532");
  assert.equal(table.insertCount, 5);
  assert.throws(() => table.at(0));
  assert.deepEqual(table.at(1), path);
  assert.deepEqual(table.at(4), ["custom-key", "custom-value2"]);
});

test("instructions may come byte by byte", () => {
  const table = new DynamicTable({ maxCapacity: 220 });
  const encoder = new EncoderInstructions(table);
  for (const byte of Uint8Array.fromHex("3fbd01c00f7777772e6578616d706c652e636f6d"))
    encoder.read(Uint8Array.of(byte));
  assert.deepEqual(table.at(0), [":authority", "www.example.com"]);
});

test("the static table is that of RFC 9204 Appendix A", () => {
  assert.equal(STATIC_TABLE.length, 99);
  for (const [index, name, value] of [
    [0, ":authority", ""],
    [14, "set-cookie", ""],
    [15, ":method", "CONNECT"],
    [25, ":status", "200"],
    [29, "accept", "*/*"],
    [41, "cache-control", "public, max-age=31536000"],
    [54, "content-type", "text/plain;charset=utf-8"],
    [63, ":status", "100"],
    [72, "accept-language", ""],
    [86, "early-data", "1"],
    [90, "origin", ""],
    [98, "x-frame-options", "sameorigin"],
  ] as const)
    assert.deepEqual(STATIC_TABLE[index], [name, value]);
});

const latin1 = fc.uint8Array({ maxLength: 200 }).map((bytes) => String.fromCharCode(...bytes));
const field = fc.oneof(fc.constantFrom(...STATIC_TABLE), fc.tuple(latin1, latin1));

test("all fields come back", () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 10 }), (fields) => {
      const table = new DynamicTable({ maxCapacity: 0 });
      assert.deepEqual(
        decodeFieldSection(encodeFieldSection(fields), { table, maxBytes }).fields,
        fields,
      );
    }),
  );
});

test("any bytes give fields or an Http3Error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (a, b) => {
      const table = new DynamicTable({ maxCapacity: 100 });
      try {
        new EncoderInstructions(table).read(a);
        decodeFieldSection(b, { table, maxBytes: 500 });
      } catch (error) {
        assert.ok(error instanceof Http3Error);
      }
    }),
  );
});

test("headers over the limit end their stream alone", () => {
  const table = new DynamicTable({ maxCapacity: 0 });
  const section = encodeFieldSection([
    ["a", "b"],
    ["c", "d"],
  ]);
  assert.throws(
    () => decodeFieldSection(section, { table, maxBytes: 67 }),
    (error: Http3Error) => error.scope === "stream" && error.http3Code === Http3Code.excessiveLoad,
  );
});
