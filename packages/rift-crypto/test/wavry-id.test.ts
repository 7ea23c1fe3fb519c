import assert from "node:assert/strict";
import { test } from "node:test";
import { bech32, bech32m } from "@scure/base";
import { decodeWavryId, encodeWavryId } from "@wavry/rift-crypto";
import fc from "fast-check";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("a Wavry ID is 64 characters, starts with wavry1 and stands for its key", () => {
  fc.assert(
    fc.property(key, (identityKey) => {
      const id = encodeWavryId(identityKey);
      assert.match(id, /^wavry1[02-9ac-hj-np-z]{58}$/);
      assert.deepEqual(decodeWavryId(id), identityKey);
      assert.deepEqual(decodeWavryId(` ${id.toUpperCase()}\n`), identityKey);
    }),
  );
});

test("one wrong character, or two that changed places, are noticed", () => {
  const id = encodeWavryId(new Uint8Array(32).map((_, index) => index));
  for (let at = 6; at < id.length; at++) {
    const wrong = id[at] === "q" ? "p" : "q";
    assert.equal(decodeWavryId(id.slice(0, at) + wrong + id.slice(at + 1)), undefined);
    const [here, next = here] = id.slice(at, at + 2);
    if (here === next) continue;
    const swapped = id.slice(0, at) + next + here + id.slice(at + 2);
    assert.equal(decodeWavryId(swapped), undefined);
  }
});

test("another prefix, length, checksum or case is no Wavry ID", () => {
  const bytes = new Uint8Array(32);
  const id = encodeWavryId(bytes);
  assert.equal(decodeWavryId(bech32m.encodeFromBytes("wavrx", bytes)), undefined);
  assert.equal(decodeWavryId(bech32m.encodeFromBytes("wavry", bytes.subarray(1))), undefined);
  assert.equal(decodeWavryId(bech32.encodeFromBytes("wavry", bytes)), undefined);
  assert.equal(decodeWavryId(`W${id.slice(1)}`), undefined);
  assert.throws(() => encodeWavryId(new Uint8Array(31)), RangeError);
});

test("any text is a Wavry ID or undefined", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string().map((end) => `wavry1${end}`),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      const bytes = decodeWavryId(candidate);
      assert.ok(bytes === undefined || bytes.length === 32);
    }),
  );
});
