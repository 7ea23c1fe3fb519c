import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { type Aead, checkAeadKey, checkRoom, TAG_BYTES } from "../crypto-suite.ts";
import { NONCE_BYTES, writeCounterNonce } from "../nonce.ts";

/** ChaCha20-Poly1305 in plain JavaScript. */
export class NobleAead implements Aead {
  readonly #key: Uint8Array;
  readonly #nonce = new Uint8Array(NONCE_BYTES);
  #disposed = false;

  constructor(key: Uint8Array) {
    checkAeadKey(key);
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
    return this.sealWithNonce(out, offset, this.#nonce, aad, plaintext);
  }

  open(
    out: Uint8Array,
    offset: number,
    counter: number,
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): number {
    writeCounterNonce(this.#nonce, counter);
    return this.openWithNonce(out, offset, this.#nonce, aad, ciphertext);
  }

  /** `seal` under any 12-byte nonce; for test vectors. */
  sealWithNonce(
    out: Uint8Array,
    offset: number,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): number {
    if (this.#disposed) throw new TypeError("the key is gone");
    const length = plaintext.length + TAG_BYTES;
    checkRoom(out, offset, length);
    out.set(chacha20poly1305(this.#key, nonce, aad).encrypt(plaintext), offset);
    return length;
  }

  /** `open` under any 12-byte nonce; for test vectors. */
  openWithNonce(
    out: Uint8Array,
    offset: number,
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): number {
    if (this.#disposed) throw new TypeError("the key is gone");
    const length = ciphertext.length - TAG_BYTES;
    if (length < 0) return -1;
    checkRoom(out, offset, length);
    let plaintext: Uint8Array;
    try {
      plaintext = chacha20poly1305(this.#key, nonce, aad).decrypt(ciphertext);
    } catch {
      return -1;
    }
    out.set(plaintext, offset);
    return length;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#key.fill(0);
  }
}
