/** The functions of sodium-native that this package calls; the package ships no types of its own. */
import { createRequire } from "node:module";

interface Sodium {
  crypto_aead_chacha20poly1305_ietf_encrypt(
    out: Uint8Array,
    message: Uint8Array,
    aad: Uint8Array,
    unused: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  /** Throws where the tag does not verify. */
  crypto_aead_chacha20poly1305_ietf_decrypt(
    out: Uint8Array,
    unused: null,
    ciphertext: Uint8Array,
    aad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  crypto_scalarmult_base(out: Uint8Array, scalar: Uint8Array): void;
  /** Throws for an all-zero result. */
  crypto_scalarmult(out: Uint8Array, scalar: Uint8Array, point: Uint8Array): void;
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
  crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean;
  sodium_memzero(buffer: Uint8Array): void;
}

export const sodium: Sodium = createRequire(import.meta.url)("sodium-native");
