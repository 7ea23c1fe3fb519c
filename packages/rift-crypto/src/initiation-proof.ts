import { INITIATION_COOKIE_AT, INITIATION_GATE_AT, INITIATION_PROOF_AT } from "@wavry/rift-core";
import { asciiBytes, equalBytes } from "./bytes.ts";
import type { CryptoSuite } from "./crypto-suite.ts";

/** Bytes of the proof, and of the gate, of an initiation. */
export const INITIATION_PROOF_BYTES = 16;

const PAIRED_LABEL = asciiBytes("wavry initiation paired v1");
const PAIRING_LABEL = asciiBytes("wavry initiation pairing v1");
const GATE_PAIRED_LABEL = asciiBytes("wavry initiation gate paired v1");
const GATE_PAIRING_LABEL = asciiBytes("wavry initiation gate pairing v1");

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

/**
 * The key of the gate, the first code of an initiation that a host checks: one for all paired devices, from what only
 * they know of the host. It keeps out who has never been paired, and proves nothing else.
 */
export function gateKeyPaired(suite: CryptoSuite, hostStaticKey: Uint8Array): Uint8Array {
  return suite.blake2s(GATE_PAIRED_LABEL, hostStaticKey);
}

/** The same while pairing, when all that is known of the host is the identity key in its Wavry ID. */
export function gateKeyPairing(suite: CryptoSuite, hostIdentityKey: Uint8Array): Uint8Array {
  return suite.blake2s(GATE_PAIRING_LABEL, hostIdentityKey);
}

/** The keys behind the two codes of an initiation. */
export interface InitiationKeys {
  readonly proofKey: Uint8Array;
  readonly gateKey: Uint8Array;
}

/** Writes proof and gate into an initiation that has everything before them. */
export function signInitiation(
  suite: CryptoSuite,
  initiation: Uint8Array,
  { proofKey, gateKey }: InitiationKeys,
): void {
  const proven = initiation.subarray(0, INITIATION_PROOF_AT);
  initiation.set(initiationProof(suite, proofKey, proven), INITIATION_PROOF_AT);
  const gated = initiation.subarray(0, INITIATION_GATE_AT);
  const gate = suite.hmacBlake2s(gateKey, gated);
  initiation.set(gate.subarray(0, INITIATION_COOKIE_AT - INITIATION_GATE_AT), INITIATION_GATE_AT);
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
