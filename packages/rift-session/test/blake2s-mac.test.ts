import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeSuite } from "@wavry/rift-crypto/node";
import fc from "fast-check";
import { Blake2sMac } from "../src/blake2s-mac.ts";

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });

test("the code of any message under any key is that of the crypto suite", () => {
  fc.assert(
    fc.property(bytes(0, 64), bytes(1, 300), (key, message) => {
      using mac = new Blake2sMac(key);
      const code = new Uint8Array(32);
      mac.write(code, message);
      assert.equal(code.toHex(), nodeSuite.hmacBlake2s(key, message).toHex());
      assert.ok(mac.verify(message, code));
      assert.ok(mac.verify(message, code.subarray(0, 16)));
    }),
  );
});

test("messages around the length of a block have the right codes", () => {
  using mac = new Blake2sMac(new Uint8Array(32).fill(7));
  for (const length of [1, 63, 64, 65, 127, 128, 129, 192, 224]) {
    const message = new Uint8Array(length).fill(length);
    const code = nodeSuite.hmacBlake2s(new Uint8Array(32).fill(7), message);
    assert.ok(mac.verify(message, code), `${length} bytes`);
  }
});

test("a code with any bit flipped, without a byte and under a key that is gone does not verify", () => {
  const mac = new Blake2sMac(new Uint8Array(32).fill(7));
  const message = new Uint8Array(224).fill(9);
  const code = new Uint8Array(16);
  mac.write(code, message, 16);
  for (let bit = 0; bit < 128; bit++) {
    const flipped = code.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(mac.verify(message, flipped), false);
  }
  assert.equal(mac.verify(message, new Uint8Array(0)), false);
  assert.equal(mac.verify(message, new Uint8Array(33)), false);
  mac[Symbol.dispose]();
  assert.equal(mac.verify(message, code), false);
});

test("an empty message and a key over a block are refused", () => {
  assert.throws(() => new Blake2sMac(new Uint8Array(65)), RangeError);
  using mac = new Blake2sMac(new Uint8Array(32));
  assert.throws(() => mac.verify(new Uint8Array(0), new Uint8Array(16)), RangeError);
});
