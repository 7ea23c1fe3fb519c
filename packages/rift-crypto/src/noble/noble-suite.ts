import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { blake2s } from "@noble/hashes/blake2.js";
import { hmac } from "@noble/hashes/hmac.js";
import type { CryptoSuite } from "../crypto-suite.ts";
import { HandshakeError } from "../handshake-error.ts";
import { NobleAead } from "./noble-aead.ts";

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
