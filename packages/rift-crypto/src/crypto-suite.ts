/** ChaCha20-Poly1305 under one key, with packet numbers as nonces (spec/rift-crypto.md §3). */
export interface Aead extends Disposable {
  /**
   * Writes ciphertext and 16-byte tag to `out` at `offset` and returns their length.
   * `counter` is 0 to 2^53-1 and never used twice under one key; all bytes are borrowed.
   * `plaintext` and `out` do not overlap. Throws RangeError for another counter or where `out` is
   * too short, TypeError after disposal.
   */
  seal(
    out: Uint8Array,
    offset: number,
    counter: number,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): number;
  /**
   * Writes the plaintext to `out` at `offset` and returns its length, or -1 if it does not verify
   * (what `out` then holds there is not plaintext). Throws as `seal` does.
   */
  open(
    out: Uint8Array,
    offset: number,
    counter: number,
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): number;
}

/** The primitives, and the one source of randomness. Keys and hashes are 32 bytes, signatures 64. */
export interface CryptoSuite {
  randomBytes(length: number): Uint8Array;
  x25519PublicKey(privateKey: Uint8Array): Uint8Array;
  /** The shared secret. Throws HandshakeError "invalid-key" where it is all zero (RFC 7748 §6.1). */
  x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** False for whatever is wrong, also for keys and signatures of a wrong length. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** BLAKE2s-256 of the parts one after another. */
  blake2s(...parts: readonly Uint8Array[]): Uint8Array;
  /** HMAC-BLAKE2s-256 (RFC 2104, as Noise wants it) of the parts one after another. */
  hmacBlake2s(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** Copies `key` (32 bytes); disposal wipes the copy. */
  aead(key: Uint8Array): Aead;
  /** Overwrites with zeros. */
  wipe(secret: Uint8Array): void;
}

/** Bytes of a key: X25519 and Ed25519, private and public, ChaCha20-Poly1305, pre-shared. */
export const KEY_BYTES = 32;
/** Bytes that sealing adds. */
export const TAG_BYTES = 16;
/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64;
/** Bytes of a BLAKE2s-256 hash. */
export const HASH_BYTES = 32;

/** Throws RangeError unless `out` has room for `length` bytes at `offset`. */
export function checkRoom(out: Uint8Array, offset: number, length: number): void {
  if (offset < 0 || offset + length > out.length) throw new RangeError("the output has no room");
}

/** Throws RangeError unless the key has 32 bytes. */
export function checkAeadKey(key: Uint8Array): void {
  if (key.length !== KEY_BYTES) throw new RangeError("a ChaCha20-Poly1305 key has 32 bytes");
}
