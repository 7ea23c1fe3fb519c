import { readU32, WireError, writeU32 } from "@wavry/rift-core";
import {
  COOKIE_BYTES,
  type CryptoSuite,
  KEY_BYTES,
  SIGNATURE_BYTES,
  TAG_BYTES,
} from "@wavry/rift-crypto";
import { ascii, joined } from "../bytes.ts";
import { LEASE_BYTES, RelaySide } from "../lease.ts";
import { expectKind, NONCE_BYTES, RELAY_VERSION, RelayKind } from "./kinds.ts";

const NONCE_AT = 4;
const COOKIE_AT: number = NONCE_AT + NONCE_BYTES;
const EPHEMERAL_AT: number = COOKIE_AT + COOKIE_BYTES;
/** Bytes of an admission before what is sealed: the additional data. */
export const ADMISSION_HEAD_BYTES: number = EPHEMERAL_AT + KEY_BYTES;
const CLAIM_HEAD_BYTES = 8;
const PROOF_AT: number = CLAIM_HEAD_BYTES + LEASE_BYTES;
const CLAIM_BYTES: number = PROOF_AT + SIGNATURE_BYTES;
/** Bytes of an admission. */
export const ADMISSION_BYTES: number = ADMISSION_HEAD_BYTES + CLAIM_BYTES + TAG_BYTES;

const KEY_LABEL = ascii("wavry relay admission v1");
const SEAL_LABEL = ascii("wavry relay seal v1");
const CODE_LABEL = ascii("wavry relay code v1");
const PROOF_LABEL = ascii("wavry relay proof v1");
const MAX_NUMBER = 0xffff_ffff;

/** The two keys of one admission (spec/relay.md §4.3); they open no RIFT datagram. */
export interface AdmissionKeys {
  /** Seals the admission, once. */
  readonly seal: Uint8Array;
  /** Makes the codes of answers, notices and closes. */
  readonly code: Uint8Array;
}

/** What a peer shows to be admitted. */
export interface Claim {
  readonly side: RelaySide;
  /** Counts a peer's admissions with one lease, from 1 on: a later one outranks an earlier one. */
  readonly number: number;
  /** A signed lease, `LEASE_BYTES`. */
  readonly lease: Uint8Array;
}

/** An admission that was opened, as far as the layout goes; views of owned bytes. */
export interface OpenedAdmission extends Claim {
  /** What the proof is over. */
  readonly proven: Uint8Array;
  /** Ed25519 by the key that the lease names for the side. */
  readonly proof: Uint8Array;
  readonly codeKey: Uint8Array;
}

/** Derives the keys of an admission from the DH of its ephemeral key and the relay's static key. Throws HandshakeError. */
export function admissionKeys(
  suite: CryptoSuite,
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  { ephemeral, relayStatic }: { readonly ephemeral: Uint8Array; readonly relayStatic: Uint8Array },
): AdmissionKeys {
  const shared = suite.x25519(privateKey, publicKey);
  const root = suite.hmacBlake2s(KEY_LABEL, shared, ephemeral, relayStatic);
  const keys = {
    seal: suite.hmacBlake2s(root, SEAL_LABEL),
    code: suite.hmacBlake2s(root, CODE_LABEL),
  };
  suite.wipe(shared);
  suite.wipe(root);
  return keys;
}

/** How an admission is made. */
export interface AdmissionInit extends Claim {
  /** Of the hello and the challenge. */
  readonly nonce: Uint8Array;
  readonly cookie: Uint8Array;
  /** X25519, 32 bytes; made for this admission alone. */
  readonly ephemeralPrivate: Uint8Array;
  /** The relay's X25519 key. */
  readonly relayStatic: Uint8Array;
  /** Ed25519 by the peer's identity key. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/**
 * Admission (spec/relay.md §4.2): the bytes, owned, and the key of what is said from then on.
 *
 *     | 0x52 | version | reserved (16) | nonce (64) | cookie (128) | ephemeral key (256) |
 *     | sealed: side (8) | reserved (24) | number (32) | lease (208 bytes) | proof (64 bytes) | tag (128) |
 */
export function writeAdmission(
  suite: CryptoSuite,
  init: AdmissionInit,
): { readonly bytes: Uint8Array; readonly codeKey: Uint8Array } {
  const { nonce, cookie, ephemeralPrivate, relayStatic, side, number, lease } = init;
  if (number < 1 || number > MAX_NUMBER) throw new RangeError("an admission's number");
  const ephemeral = suite.x25519PublicKey(ephemeralPrivate);
  const bytes = new Uint8Array(ADMISSION_BYTES);
  bytes[0] = RelayKind.admission;
  bytes[1] = RELAY_VERSION;
  bytes.set(nonce, NONCE_AT);
  bytes.set(cookie, COOKIE_AT);
  bytes.set(ephemeral, EPHEMERAL_AT);
  const head = bytes.subarray(0, ADMISSION_HEAD_BYTES);
  const claim = new Uint8Array(CLAIM_BYTES);
  claim[0] = side;
  writeU32(claim, 4, number);
  claim.set(lease, CLAIM_HEAD_BYTES);
  claim.set(init.sign(provenText(head, claim)), PROOF_AT);
  const roles = { ephemeral, relayStatic };
  const keys = admissionKeys(suite, ephemeralPrivate, relayStatic, roles);
  using aead = suite.aead(keys.seal);
  aead.seal(bytes, ADMISSION_HEAD_BYTES, 0, head, claim);
  suite.wipe(keys.seal);
  return { bytes, codeKey: keys.code };
}

/** The open part of an admission; views. */
export interface AdmissionHead {
  readonly nonce: Uint8Array;
  readonly cookie: Uint8Array;
  readonly ephemeral: Uint8Array;
}

/** Reads what of an admission is open. Throws WireError. */
export function readAdmissionHead(datagram: Uint8Array): AdmissionHead {
  expectKind(datagram, RelayKind.admission, ADMISSION_BYTES, true);
  return {
    nonce: datagram.subarray(NONCE_AT, COOKIE_AT),
    cookie: datagram.subarray(COOKIE_AT, EPHEMERAL_AT),
    ephemeral: datagram.subarray(EPHEMERAL_AT, ADMISSION_HEAD_BYTES),
  };
}

/**
 * Opens an admission with the relay's static key. Throws WireError where it is malformed, HandshakeError for a key of low
 * order; undefined where it does not verify.
 */
export function openAdmission(
  suite: CryptoSuite,
  datagram: Uint8Array,
  relay: { readonly staticPrivate: Uint8Array; readonly staticKey: Uint8Array },
): OpenedAdmission | undefined {
  const { ephemeral } = readAdmissionHead(datagram);
  const keys = admissionKeys(suite, relay.staticPrivate, ephemeral, {
    ephemeral,
    relayStatic: relay.staticKey,
  });
  const head = datagram.subarray(0, ADMISSION_HEAD_BYTES);
  const claim = new Uint8Array(CLAIM_BYTES);
  using aead = suite.aead(keys.seal);
  const length = aead.open(claim, 0, 0, head, datagram.subarray(ADMISSION_HEAD_BYTES));
  suite.wipe(keys.seal);
  if (length !== CLAIM_BYTES) return undefined;
  const side = claim[0];
  const number = readU32(claim, 4);
  if (side !== RelaySide.client && side !== RelaySide.host)
    throw new WireError("malformed", "an admission for no side");
  if (number === 0) throw new WireError("malformed", "an admission's number is zero");
  return {
    side,
    number,
    lease: claim.subarray(CLAIM_HEAD_BYTES, PROOF_AT),
    proven: provenText(head, claim),
    proof: claim.subarray(PROOF_AT),
    codeKey: keys.code,
  };
}

/** Label, open part (with the cookie, so with the address), side, number and lease. */
function provenText(head: Uint8Array, claim: Uint8Array): Uint8Array {
  return joined(PROOF_LABEL, head, claim.subarray(0, PROOF_AT));
}
