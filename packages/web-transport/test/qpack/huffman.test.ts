import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import { decodeHuffman, encodeHuffman } from "../../src/qpack/huffman.ts";

for (const [text, hex] of [
  ["www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"],
  ["no-cache", "a8eb10649cbf"],
  ["custom-value", "25a849e95bb8e8b4bf"],
  ["Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"],
  ["https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"],
] as const)
  test(`"${text}" is coded as in RFC 7541`, () => {
    assert.equal(encodeHuffman(Buffer.from(text)).toHex(), hex);
    assert.equal(Buffer.from(decodeHuffman(Uint8Array.fromHex(hex), 100)).toString(), text);
  });

test("all strings come back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.deepEqual(decodeHuffman(encodeHuffman(bytes), 300), bytes);
    }),
  );
});

test("any bytes give a string or a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        assert.ok(decodeHuffman(bytes, 100).length <= 100);
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
  );
});

for (const [what, bytes] of [
  ["padding of a whole byte", [0x1f, 0xff]],
  ["padding of zeros", [0x18]],
  ["the end of a string", [0xff, 0xff, 0xff, 0xff]],
] as const)
  test(`${what} is refused`, () => {
    assert.throws(() => decodeHuffman(Uint8Array.from(bytes), 100), WireError);
  });
