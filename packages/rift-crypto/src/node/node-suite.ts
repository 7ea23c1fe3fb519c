import { createHash, createHmac, randomFillSync } from "node:crypto";
import { type CryptoSuite, KEY_BYTES, SIGNATURE_BYTES } from "../crypto-suite.ts";
import { HandshakeError } from "../handshake-error.ts";
import { sodium } from "./sodium.ts";
import { SodiumAead } from "./sodium-aead.ts";

/** The suite for Node: libsodium for ChaCha20-Poly1305, X25519 and Ed25519, OpenSSL for BLAKE2s and randomness. */
export const nodeSuite: CryptoSuite = {
  randomBytes: (length) => randomFillSync(new Uint8Array(length)),

  x25519PublicKey(privateKey) {
    const publicKey = new Uint8Array(KEY_BYTES);
    sodium.crypto_scalarmult_base(publicKey, privateKey);
    return publicKey;
  },

  x25519(privateKey, publicKey) {
    const secret = new Uint8Array(KEY_BYTES);
    try {
      sodium.crypto_scalarmult(secret, privateKey, publicKey);
    } catch (cause) {
      throw new HandshakeError("invalid-key", "a public key gives no secret", { cause });
    }
    return secret;
  },

  ed25519PublicKey(seed) {
    const { publicKey, secretKey } = signingKey(seed);
    sodium.sodium_memzero(secretKey);
    return publicKey;
  },

  ed25519Sign(seed, message) {
    const signature = new Uint8Array(SIGNATURE_BYTES);
    const { secretKey } = signingKey(seed);
    sodium.crypto_sign_detached(signature, message, secretKey);
    sodium.sodium_memzero(secretKey);
    return signature;
  },

  ed25519Verify: (publicKey, message, signature) =>
    publicKey.length === KEY_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    sodium.crypto_sign_verify_detached(signature, message, publicKey),

  blake2s(...parts) {
    const hash = createHash("blake2s256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },

  hmacBlake2s(key, ...parts) {
    const hmac = createHmac("blake2s256", key);
    for (const part of parts) hmac.update(part);
    return new Uint8Array(hmac.digest());
  },

  aead: (key) => new SodiumAead(key),

  wipe: (secret) => sodium.sodium_memzero(secret),
};

function signingKey(seed: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const publicKey = new Uint8Array(KEY_BYTES);
  const secretKey = new Uint8Array(KEY_BYTES * 2);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
  return { publicKey, secretKey };
}
