import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { blake2s } from "@noble/hashes/blake2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { type Aead, type CryptoSuite, TAG_BYTES } from "../crypto-suite.ts";
import { HandshakeError } from "../handshake-error.ts";
import { writeCounterNonce } from "../nonce.ts";

/** The suite in plain JavaScript, for browsers and as the twin of the native one. `randomBytes` must be cryptographic. */
export function nobleSuite(randomBytes: (length: number) => Uint8Array): CryptoSuite {
  return {
    randomBytes,
    x25519PublicKey: (privateKey) => x25519.getPublicKey(privateKey),
    x25519(privateKey, publicKey) {
      try {
        return x25519.getSharedSecret(privateKey, publicKey);
      } catch (cause) {
        throw new HandshakeError("invalid-key", "a public key gives no secret", { cause });
      }
    },
    ed25519PublicKey: (seed) => ed25519.getPublicKey(seed),
    ed25519Sign: (seed, message) => ed25519.sign(message, seed),
    ed25519Verify(publicKey, message, signature) {
      try {
        return ed25519.verify(signature, message, publicKey, { zip215: false });
      } catch {
        return false;
      }
    },
    blake2s(...parts) {
      const hash = blake2s.create();
      for (const part of parts) hash.update(part);
      return hash.digest();
    },
    hmacBlake2s(key, ...parts) {
      const mac = hmac.create(blake2s, key);
      for (const part of parts) mac.update(part);
      return mac.digest();
    },
    aead: (key) => new NobleAead(key),
    wipe: (secret) => void secret.fill(0),
  };
}

class NobleAead implements Aead {
  readonly #key: Uint8Array;
  readonly #nonce = new Uint8Array(12);

  constructor(key: Uint8Array) {
    this.#key = key.slice();
  }

  seal(
    out: Uint8Array,
    offset: number,
    counter: number,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): number {
    writeCounterNonce(this.#nonce, counter);
    out.set(chacha20poly1305(this.#key, this.#nonce, aad).encrypt(plaintext), offset);
    return plaintext.length + TAG_BYTES;
  }

  open(
    out: Uint8Array,
    offset: number,
    counter: number,
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): number {
    if (ciphertext.length < TAG_BYTES) return -1;
    writeCounterNonce(this.#nonce, counter);
    try {
      out.set(chacha20poly1305(this.#key, this.#nonce, aad).decrypt(ciphertext), offset);
    } catch {
      return -1;
    }
    return ciphertext.length - TAG_BYTES;
  }

  [Symbol.dispose](): void {
    this.#key.fill(0);
  }
}
