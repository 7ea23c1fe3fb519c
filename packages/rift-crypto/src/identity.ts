import { asciiBytes, concatBytes } from "./bytes.ts";
import { type CryptoSuite, KEY_BYTES, SIGNATURE_BYTES } from "./crypto-suite.ts";
import { HandshakeError } from "./handshake-error.ts";
import { encodeWavryId } from "./wavry-id.ts";

/** Identity key and signature, as they travel in a handshake payload. */
export const CERTIFICATE_BYTES: number = KEY_BYTES + SIGNATURE_BYTES;

const CERTIFICATE_LABEL = asciiBytes("wavry certificate v1");

/** The secrets of a device, 32 bytes each. Never logged, never sent. */
export interface IdentitySecrets {
  /** Ed25519 seed: who the device is. */
  readonly identitySeed: Uint8Array;
  /** X25519 private key: Noise's static key. */
  readonly staticPrivate: Uint8Array;
}

/** A device's own identity. */
export interface Identity extends IdentitySecrets {
  readonly wavryId: string;
  /** Ed25519 public key. */
  readonly identityKey: Uint8Array;
  /** X25519 public key. */
  readonly staticKey: Uint8Array;
  /** `identityKey` and its signature over `staticKey`: `CERTIFICATE_BYTES`. */
  readonly certificate: Uint8Array;
}

/** As much of an identity as a session needs: the signing key may lie where nobody can read it. */
export type SessionIdentity = Omit<Identity, "identitySeed">;

/** Makes a new identity. */
export function createIdentity(suite: CryptoSuite): Identity {
  return identityFromSecrets(suite, {
    identitySeed: suite.randomBytes(KEY_BYTES),
    staticPrivate: suite.randomBytes(KEY_BYTES),
  });
}

/** Derives everything public from the secrets, which it keeps. Throws RangeError for a wrong length. */
export function identityFromSecrets(suite: CryptoSuite, secrets: IdentitySecrets): Identity {
  const { identitySeed, staticPrivate } = secrets;
  if (identitySeed.length !== KEY_BYTES || staticPrivate.length !== KEY_BYTES)
    throw new RangeError("identity secrets have 32 bytes each");
  const identityKey = suite.ed25519PublicKey(identitySeed);
  const staticKey = suite.x25519PublicKey(staticPrivate);
  const signature = suite.ed25519Sign(identitySeed, concatBytes(CERTIFICATE_LABEL, staticKey));
  return {
    identitySeed,
    staticPrivate,
    identityKey,
    staticKey,
    wavryId: encodeWavryId(identityKey),
    certificate: concatBytes(identityKey, signature),
  };
}

/**
 * Checks that a certificate binds `staticKey`, and gives the identity behind it.
 * Throws HandshakeError "bad-certificate".
 */
export function verifyCertificate(
  suite: CryptoSuite,
  certificate: Uint8Array,
  staticKey: Uint8Array,
): { wavryId: string; identityKey: Uint8Array } {
  const identityKey = certificate.slice(0, KEY_BYTES);
  const signature = certificate.subarray(KEY_BYTES);
  if (
    certificate.length !== CERTIFICATE_BYTES ||
    !suite.ed25519Verify(identityKey, concatBytes(CERTIFICATE_LABEL, staticKey), signature)
  )
    throw new HandshakeError("bad-certificate", "a certificate does not bind its static key");
  return { wavryId: encodeWavryId(identityKey), identityKey };
}
