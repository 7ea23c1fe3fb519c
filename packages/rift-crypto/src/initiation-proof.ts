import { asciiBytes, equalBytes } from "./bytes.ts";
import type { CryptoSuite } from "./crypto-suite.ts";

/** Bytes of the proof that ends an initiation. */
export const INITIATION_PROOF_BYTES = 16;

const PAIRED_LABEL = asciiBytes("wavry initiation paired v1");
const PAIRING_LABEL = asciiBytes("wavry initiation pairing v1");

/**
 * The key by which a paired device shows, in its first datagram, that it may knock
 * (spec/rift-crypto.md §5). It comes from both static keys, so that only the two can know it, and
 * holds for one of them as the host, so that an initiation cannot be turned back on its sender. Throws HandshakeError
 * "invalid-key".
 */
export function initiationKeyPaired(
  suite: CryptoSuite,
  ourStaticPrivate: Uint8Array,
  theirStaticKey: Uint8Array,
  hostStaticKey: Uint8Array,
): Uint8Array {
  const shared = suite.x25519(ourStaticPrivate, theirStaticKey);
  const key = suite.hmacBlake2s(shared, PAIRED_LABEL, hostStaticKey);
  suite.wipe(shared);
  return key;
}

/** The same for a device that holds a one-time pairing secret of the host `hostIdentityKey`. */
export function initiationKeyPairing(
  suite: CryptoSuite,
  secret: Uint8Array,
  hostIdentityKey: Uint8Array,
): Uint8Array {
  return suite.hmacBlake2s(secret, PAIRING_LABEL, hostIdentityKey);
}

/** The proof over the bytes of an initiation that stand before it; 16 bytes. */
export function initiationProof(
  suite: CryptoSuite,
  key: Uint8Array,
  before: Uint8Array,
): Uint8Array {
  return suite.hmacBlake2s(key, before).slice(0, INITIATION_PROOF_BYTES);
}

/** Whether `proof` is right, in constant time. */
export function verifyInitiationProof(
  suite: CryptoSuite,
  key: Uint8Array,
  before: Uint8Array,
  proof: Uint8Array,
): boolean {
  return equalBytes(initiationProof(suite, key, before), proof);
}
