import { type Aead, checkAeadKey, checkRoom, TAG_BYTES } from "../crypto-suite.ts";
import { NONCE_BYTES, writeCounterNonce } from "../nonce.ts";
import { sodium } from "./sodium.ts";
import { ViewCache } from "./view-cache.ts";

/** libsodium's ChaCha20-Poly1305; the fastest on Node, and without garbage. */
export class SodiumAead implements Aead {
  readonly #key: Uint8Array;
  readonly #nonce = new Uint8Array(NONCE_BYTES);
  readonly #views = new ViewCache();
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
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
      this.#views.view(out, offset, length),
      plaintext,
      aad,
      null,
      nonce,
      this.#key,
    );
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
    try {
      sodium.crypto_aead_chacha20poly1305_ietf_decrypt(
        this.#views.view(out, offset, length),
        null,
        ciphertext,
        aad,
        nonce,
        this.#key,
      );
    } catch {
      return -1;
    }
    return length;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    sodium.sodium_memzero(this.#key);
  }
}
