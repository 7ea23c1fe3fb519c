import { asciiBytes } from "../bytes.ts";
import { type Aead, type CryptoSuite, HASH_BYTES, TAG_BYTES } from "../crypto-suite.ts";
import { HandshakeError } from "../handshake-error.ts";

const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);
const THREE = Uint8Array.of(3);

/** Noise's SymmetricState with its CipherState (rev 34, §5.1 and §5.2). */
export class SymmetricState {
  readonly #suite: CryptoSuite;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #key: Uint8Array | undefined;
  #aead: Aead | undefined;
  #nonce = 0;

  constructor(suite: CryptoSuite, protocolName: Uint8Array) {
    this.#suite = suite;
    this.#hash = new Uint8Array(HASH_BYTES);
    if (protocolName.length <= HASH_BYTES) this.#hash.set(protocolName);
    else this.#hash = suite.blake2s(protocolName);
    this.#chainingKey = this.#hash.slice();
  }

  /** The handshake hash so far; owned by the state. */
  get hash(): Uint8Array {
    return this.#hash;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#suite.blake2s(this.#hash, data);
  }

  mixKey(input: Uint8Array): void {
    const [chainingKey, key, unused] = this.#hkdf(input);
    this.#suite.wipe(unused);
    this.#setChainingKey(chainingKey);
    this.#setKey(key);
  }

  mixKeyAndHash(input: Uint8Array): void {
    const [chainingKey, data, key] = this.#hkdf(input);
    this.#setChainingKey(chainingKey);
    this.mixHash(data);
    this.#suite.wipe(data);
    this.#setKey(key);
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    let ciphertext = plaintext.slice();
    if (this.#aead !== undefined) {
      ciphertext = new Uint8Array(plaintext.length + TAG_BYTES);
      this.#aead.seal(ciphertext, 0, this.#nonce++, this.#hash, plaintext);
    }
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** Throws HandshakeError "not-authentic". */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    let plaintext = ciphertext.slice();
    if (this.#aead !== undefined) {
      if (ciphertext.length < TAG_BYTES)
        throw new HandshakeError("malformed", "a handshake message is too short");
      plaintext = new Uint8Array(ciphertext.length - TAG_BYTES);
      if (this.#aead.open(plaintext, 0, this.#nonce, this.#hash, ciphertext) < 0)
        throw new HandshakeError("not-authentic", "a handshake message is not authentic");
      this.#nonce++;
    }
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** Whether a key has been mixed in, so that static keys and payloads are encrypted. */
  get hasKey(): boolean {
    return this.#aead !== undefined;
  }

  /** The two transport keys, the initiator's sending key first; owned by the caller. Wipes the state. */
  split(): [Uint8Array, Uint8Array] {
    const [first, second, third] = this.#hkdf(new Uint8Array(0));
    this.#suite.wipe(third);
    this.dispose();
    return [first, second];
  }

  clone(): SymmetricState {
    const copy = new SymmetricState(this.#suite, new Uint8Array(0));
    copy.#chainingKey = this.#chainingKey.slice();
    copy.#hash = this.#hash.slice();
    if (this.#key !== undefined) copy.#setKey(this.#key.slice());
    copy.#nonce = this.#nonce;
    return copy;
  }

  dispose(): void {
    this.#suite.wipe(this.#chainingKey);
    if (this.#key !== undefined) this.#suite.wipe(this.#key);
    this.#key = undefined;
    this.#aead?.[Symbol.dispose]();
    this.#aead = undefined;
  }

  #setChainingKey(chainingKey: Uint8Array): void {
    this.#suite.wipe(this.#chainingKey);
    this.#chainingKey = chainingKey;
  }

  #setKey(key: Uint8Array): void {
    if (this.#key !== undefined) this.#suite.wipe(this.#key);
    this.#aead?.[Symbol.dispose]();
    this.#key = key;
    this.#aead = this.#suite.aead(key);
    this.#nonce = 0;
  }

  #hkdf(input: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
    const temporary = this.#suite.hmacBlake2s(this.#chainingKey, input);
    const first = this.#suite.hmacBlake2s(temporary, ONE);
    const second = this.#suite.hmacBlake2s(temporary, first, TWO);
    const third = this.#suite.hmacBlake2s(temporary, second, THREE);
    this.#suite.wipe(temporary);
    return [first, second, third];
  }
}

/** The protocol's full name (Noise §8), such as "Noise_XX_25519_ChaChaPoly_BLAKE2s". */
export function protocolName(pattern: string): Uint8Array {
  return asciiBytes(`Noise_${pattern}_25519_ChaChaPoly_BLAKE2s`);
}
