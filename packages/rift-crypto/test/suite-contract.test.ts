import assert from "node:assert/strict";
import { test } from "node:test";
import { type CryptoSuite, KEY_BYTES, SIGNATURE_BYTES, TAG_BYTES } from "@wavry/rift-crypto";
import fc from "fast-check";
import { fromHex, toHex } from "./hex.ts";
import { SUITES } from "./suites.ts";

const key32 = fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES });
const bytes = fc.uint8Array({ maxLength: 300 });
const NONE = new Uint8Array(0);

for (const { name, suite } of SUITES) contract(name, suite);

function contract(name: string, suite: CryptoSuite): void {
  const it = (sentence: string, task: () => void): void => {
    test(`the ${name} suite ${sentence}`, task);
  };

  it("hashes as RFC 7693 says, in whatever parts", () => {
    const expected = "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982";
    const text = new TextEncoder().encode("abc");
    assert.equal(toHex(suite.blake2s(text)), expected);
    assert.equal(toHex(suite.blake2s(text.subarray(0, 1), NONE, text.subarray(1))), expected);
  });

  it("opens what it sealed, in place in a bigger buffer, and touches nothing else", () => {
    fc.assert(
      fc.property(key32, fc.maxSafeNat(), bytes, bytes, (key, counter, aad, plaintext) => {
        using aead = suite.aead(key);
        const out = new Uint8Array(plaintext.length + TAG_BYTES + 10).fill(0xee);
        const sealedBytes = aead.seal(out, 5, counter, aad, plaintext);
        assert.equal(sealedBytes, plaintext.length + TAG_BYTES);
        assert.deepEqual([...out.subarray(0, 5), ...out.subarray(-5)], Array(10).fill(0xee));
        const opened = new Uint8Array(plaintext.length + 10).fill(0xee);
        const sealed = out.slice(5, -5);
        assert.equal(aead.open(opened, 5, counter, aad, sealed), plaintext.length);
        assert.deepEqual(opened.slice(5, -5), plaintext);
        assert.deepEqual([...opened.subarray(0, 5), ...opened.subarray(-5)], Array(10).fill(0xee));
      }),
      { numRuns: 50 },
    );
  });

  it("refuses any changed bit of ciphertext, tag and additional data, and any other number", () => {
    const key = suite.randomBytes(KEY_BYTES);
    const aad = suite.randomBytes(16);
    const plaintext = suite.randomBytes(9);
    using aead = suite.aead(key);
    const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
    aead.seal(sealed, 0, 77, aad, plaintext);
    const out = new Uint8Array(plaintext.length);
    for (let bit = 0; bit < sealed.length * 8; bit++)
      assert.equal(aead.open(out, 0, 77, aad, flip(sealed, bit)), -1);
    for (let bit = 0; bit < aad.length * 8; bit++)
      assert.equal(aead.open(out, 0, 77, flip(aad, bit), sealed), -1);
    assert.equal(aead.open(out, 0, 78, aad, sealed), -1);
    assert.equal(aead.open(out, 0, 77 + 2 ** 32, aad, sealed), -1);
    for (let length = 0; length < sealed.length; length++)
      assert.equal(aead.open(out, 0, 77, aad, sealed.subarray(0, length)), -1);
    assert.equal(aead.open(out, 0, 77, aad, sealed), plaintext.length);
  });

  it("seals into ever other buffers and lengths without mixing them up", () => {
    using aead = suite.aead(suite.randomBytes(KEY_BYTES));
    const pool = Array.from({ length: 4 }, () => new Uint8Array(64));
    const opened = new Uint8Array(48);
    for (let counter = 0; counter < 200; counter++) {
      const out = pool[counter % pool.length]!.fill(0);
      const plaintext = new Uint8Array((counter * 7) % 40).fill(counter);
      const offset = counter % 3;
      const end = offset + aead.seal(out, offset, counter, NONE, plaintext);
      const length = aead.open(opened, 0, counter, NONE, out.slice(offset, end));
      assert.deepEqual(opened.slice(0, length), plaintext);
      assert.ok(out.subarray(end).every((byte) => byte === 0));
    }
  });

  it("takes packet numbers up to 2^53-1 and no others", () => {
    using aead = suite.aead(new Uint8Array(KEY_BYTES));
    const out = new Uint8Array(TAG_BYTES);
    for (const wrong of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => aead.seal(out, 0, wrong, NONE, NONE), RangeError);
    assert.equal(aead.seal(out, 0, 2 ** 53 - 1, NONE, NONE), TAG_BYTES);
    assert.equal(aead.open(NONE, 0, 2 ** 53 - 1, NONE, out), 0);
  });

  it("refuses to work where the output has no room", () => {
    using aead = suite.aead(new Uint8Array(KEY_BYTES));
    const plaintext = new Uint8Array(10);
    const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
    assert.throws(() => aead.seal(new Uint8Array(25), 0, 1, NONE, plaintext), RangeError);
    assert.throws(() => aead.seal(new Uint8Array(26), -1, 1, NONE, plaintext), RangeError);
    aead.seal(sealed, 0, 1, NONE, plaintext);
    assert.throws(() => aead.open(new Uint8Array(10), 1, 1, NONE, sealed), RangeError);
  });

  it("keeps its own copy of a key, and uses none after disposal", () => {
    const key = suite.randomBytes(KEY_BYTES);
    const first = suite.aead(key);
    using second = suite.aead(key);
    const sealed = new Uint8Array(TAG_BYTES);
    first.seal(sealed, 0, 1, NONE, NONE);
    suite.wipe(key);
    assert.deepEqual(key, new Uint8Array(KEY_BYTES));
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    assert.throws(() => first.seal(sealed, 0, 2, NONE, NONE), TypeError);
    assert.throws(() => first.open(NONE, 0, 1, NONE, sealed), TypeError);
    assert.equal(second.open(NONE, 0, 1, NONE, sealed), 0);
    assert.throws(() => suite.aead(new Uint8Array(31)), RangeError);
  });

  it("says false to keys and signatures of a wrong length", () => {
    const seed = suite.randomBytes(KEY_BYTES);
    const publicKey = suite.ed25519PublicKey(seed);
    const signature = suite.ed25519Sign(seed, NONE);
    assert.equal(signature.length, SIGNATURE_BYTES);
    assert.equal(suite.ed25519Verify(publicKey, NONE, signature), true);
    assert.equal(suite.ed25519Verify(publicKey.subarray(1), NONE, signature), false);
    assert.equal(suite.ed25519Verify(publicKey, NONE, signature.subarray(1)), false);
    assert.equal(suite.ed25519Verify(NONE, NONE, NONE), false);
  });

  it("refuses signatures under a public key of small order, which would fit any message", () => {
    const neutral = new Uint8Array(KEY_BYTES);
    neutral[0] = 1;
    const signature = new Uint8Array(SIGNATURE_BYTES);
    signature.set(neutral);
    assert.equal(suite.ed25519Verify(neutral, NONE, signature), false);
    assert.equal(suite.ed25519Verify(neutral, suite.randomBytes(5), signature), false);
  });

  it("refuses every public key of low order", () => {
    const lowOrder = [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    const privateKey = suite.randomBytes(KEY_BYTES);
    for (const point of lowOrder)
      assert.throws(() => suite.x25519(privateKey, fromHex(point)), { code: "invalid-key" });
    assert.throws(() => suite.x25519(privateKey, new Uint8Array(31)), { code: "invalid-key" });
  });

  it("gives as much randomness as asked for, never the same", () => {
    assert.equal(suite.randomBytes(100).length, 100);
    assert.notDeepEqual(suite.randomBytes(KEY_BYTES), suite.randomBytes(KEY_BYTES));
  });
}

test("all suites agree on everything that is not random", () => {
  fc.assert(
    fc.property(key32, key32, bytes, fc.maxSafeNat(), (secret, other, message, counter) => {
      const results = SUITES.map(({ suite }) => {
        const sealed = new Uint8Array(message.length + TAG_BYTES);
        suite.aead(secret).seal(sealed, 0, counter, other, message);
        return {
          publicKey: suite.x25519PublicKey(secret),
          shared: suite.x25519(secret, suite.x25519PublicKey(other)),
          identityKey: suite.ed25519PublicKey(secret),
          signature: suite.ed25519Sign(secret, message),
          hash: suite.blake2s(secret, message),
          mac: suite.hmacBlake2s(message, other, secret),
          sealed,
        };
      });
      // Uint8Array beside Uint8Array: a Buffer in one of them is a difference, too.
      for (const result of results) assert.deepEqual(result, results[0]);
    }),
    { numRuns: 15 },
  );
});

function flip(source: Uint8Array, bit: number): Uint8Array {
  const copy = source.slice();
  copy[bit >>> 3]! ^= 1 << (bit & 7);
  return copy;
}
