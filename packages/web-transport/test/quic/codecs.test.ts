import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import { readLongHeader } from "../../src/quic/packet-header.ts";
import { RetryTokens } from "../../src/quic/retry-token.ts";

const binding = {
  address: "192.0.2.1",
  port: 4433,
  connectionId: Uint8Array.of(1, 2, 3),
  nowSeconds: 1000,
};
const original = Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2);

test("a token gives back the original ID to who received it, for a while", () => {
  const tokens = new RetryTokens();
  const token = tokens.issue(original, binding);
  assert.deepEqual(tokens.verify(token, binding), original);
  assert.deepEqual(tokens.verify(token, { ...binding, nowSeconds: 1015 }), original);
  for (const other of [
    { nowSeconds: 1016 },
    { nowSeconds: 999 },
    { address: "192.0.2.2" },
    { port: 4434 },
    { connectionId: Uint8Array.of(1, 2, 4) },
  ])
    assert.equal(tokens.verify(token, { ...binding, ...other }), undefined);
  assert.equal(new RetryTokens().verify(token, binding), undefined);
});

test("no other bytes are a token", () => {
  const tokens = new RetryTokens();
  const token = tokens.issue(original, binding);
  for (let at = 0; at < token.length; at++) {
    const changed = token.slice();
    changed[at]! ^= 1;
    assert.equal(tokens.verify(changed, binding), undefined);
    assert.equal(tokens.verify(token.subarray(0, at), binding), undefined);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.equal(tokens.verify(bytes, binding), undefined);
    }),
  );
});

test("any bytes give a long header or a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (bytes) => {
      try {
        const { destination, source, token } = readLongHeader(bytes);
        assert.ok(destination.length <= 20 && source.length <= 20 && token.length < bytes.length);
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
  );
});
