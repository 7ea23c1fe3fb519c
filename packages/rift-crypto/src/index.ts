/**
 * RIFT's cryptography (spec/rift-crypto.md): Noise handshakes, packet protection, identity and pairing.
 * Pure: the primitives and the randomness come in as a `CryptoSuite` (`./node`, `./noble`).
 */
export { COOKIE_BYTES, COOKIE_PERIOD, CookieJar } from "./cookie.ts";
export {
  type Aead,
  type CryptoSuite,
  HASH_BYTES,
  KEY_BYTES,
  SIGNATURE_BYTES,
  TAG_BYTES,
} from "./crypto-suite.ts";
export { HandshakeError, type HandshakeErrorCode } from "./handshake-error.ts";
export {
  CERTIFICATE_BYTES,
  createIdentity,
  type Identity,
  type IdentitySecrets,
  identityFromSecrets,
  type SessionIdentity,
  verifyCertificate,
} from "./identity.ts";
export {
  gateKeyPaired,
  gateKeyPairing,
  INITIATION_PROOF_BYTES,
  type InitiationKeys,
  initiationKeyPaired,
  initiationKeyPairing,
  initiationProof,
  signInitiation,
  verifyInitiationProof,
} from "./initiation-proof.ts";
export {
  type EphemeralKey,
  type EpochKeys,
  KeySchedule,
  newEphemeralKey,
} from "./key-schedule.ts";
export {
  type HandshakeOptions,
  HandshakeState,
  MAX_NOISE_MESSAGE_BYTES,
  type TransportKeys,
} from "./noise/handshake-state.ts";
export { findPattern, type Pattern, type Token } from "./noise/patterns.ts";
export {
  createPairingSecret,
  encodePairingLink,
  formatHostAddress,
  type HostAddress,
  MAX_LINK_ADDRESSES,
  PAIRING_SECRET_BYTES,
  type PairingLink,
  pairingPsk,
  parseHostAddress,
  parsePairingLink,
} from "./pairing-link.ts";
export { REPLAY_WINDOW_PACKETS, ReplayWindow } from "./replay-window.ts";
export { decodeWavryId, encodeWavryId } from "./wavry-id.ts";
