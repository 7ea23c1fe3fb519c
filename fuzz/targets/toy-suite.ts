import type { CryptoSuite } from "@wavry/rift-crypto";
import { Blake2sMac } from "../../packages/rift-session/src/blake2s-mac.ts";
import { Random } from "../engine/random.ts";

/**
 * A suite without secrets, for fuzzing what stands behind the cryptography: packets are not encrypted, and sixteen zeros are
 * a good tag, so that a made-up packet can be authentic. Only what both sides have to agree on is computed. Randomness repeats.
 */
export function toySuite(seed: number): CryptoSuite {
  const random = new Random(seed);
  return {
    randomBytes: (length) => Uint8Array.from({ length }, () => random.below(256)),
    x25519PublicKey: (privateKey) => privateKey.slice(),
    x25519: (privateKey, publicKey) => privateKey.map((byte, i) => byte ^ publicKey[i]!),
    ed25519PublicKey: (seedBytes) => seedBytes.slice(),
    ed25519Sign: () => new Uint8Array(64),
    ed25519Verify: (key, _message, signature) => key.length === 32 && signature.length === 64,
    blake2s: (...parts) => hmac(new Uint8Array(32), parts),
    hmacBlake2s: (key, ...parts) => hmac(key, parts),
    aead: () => ({
      seal(out, offset, _counter, _aad, plaintext) {
        out.set(plaintext, offset);
        out.fill(0, offset + plaintext.length, offset + plaintext.length + TAG_BYTES);
        return plaintext.length + TAG_BYTES;
      },
      open(out, offset, _counter, _aad, ciphertext) {
        const length = ciphertext.length - TAG_BYTES;
        if (length < 0 || ciphertext.subarray(length).some((byte) => byte !== 0)) return -1;
        out.set(ciphertext.subarray(0, length), offset);
        return length;
      },
      [Symbol.dispose]: () => undefined,
    }),
    wipe: (secret) => void secret.fill(0),
  };
}

const TAG_BYTES = 16;

/** The real one, as initiation proofs are checked with it. */
function hmac(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const message = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 1));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  using mac = new Blake2sMac(key);
  const code = new Uint8Array(32);
  mac.write(code, parts.length === 0 ? message : message.subarray(0, Math.max(1, at)));
  return code;
}
