import { readU32, WireError, writeU32 } from "@wavry/rift-core";
import { type CryptoSuite, KEY_BYTES, SIGNATURE_BYTES } from "@wavry/rift-crypto";
import { ascii, joined } from "./bytes.ts";
import { LEASE_SECONDS } from "./constants.ts";

/** Bytes of a lease ID and of a session ID. */
export const LEASE_ID_BYTES = 16;
/** Bytes of a lease before its signature. */
export const LEASE_BODY_BYTES: number = 16 + 2 * LEASE_ID_BYTES + 3 * KEY_BYTES;
/** Bytes of a signed lease. */
export const LEASE_BYTES: number = LEASE_BODY_BYTES + SIGNATURE_BYTES;

const LEASE_VERSION = 1;
const LABEL = ascii("wavry relay lease v1");
const MAX_U32 = 0xffff_ffff;

/** What a gateway lets two devices do at a relay (spec/relay.md §3). */
export interface Lease {
  /** The most that each side may send, in kbit/s; a relay gives 10,000 at least. */
  readonly rateKbps: number;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** Seconds since 1970; after `issuedAt`, by `LEASE_SECONDS` at most. */
  readonly expiresAt: number;
  /** 16 bytes, of this lease alone. */
  readonly leaseId: Uint8Array;
  /** 16 bytes: the gateway's session. */
  readonly sessionId: Uint8Array;
  /** The relay's identity key, 32 bytes: what its Wavry ID encodes. */
  readonly relayKey: Uint8Array;
  /** The client's identity key, 32 bytes. */
  readonly clientKey: Uint8Array;
  /** The host's identity key, 32 bytes; another one than the client's. */
  readonly hostKey: Uint8Array;
}

/** Which of the two a peer is. */
export const RelaySide = { client: 0, host: 1 } as const;
export type RelaySide = (typeof RelaySide)[keyof typeof RelaySide];

/**
 * A lease without its signature (spec/relay.md §3); owned. Throws RangeError for a field out of its range.
 *
 *     0               8               16                              32
 *     |  version = 1  |                 reserved                      |
 *     |                    rate cap, kbit/s                           |
 *     |                    issued, seconds since 1970                 |
 *     |                    expires, seconds since 1970                |
 *     |  lease id (128) | session id (128) | relay's key (256) | client's key (256) | host's key (256) |
 */
export function writeLeaseBody(lease: Lease): Uint8Array {
  const { rateKbps, issuedAt, expiresAt, leaseId, sessionId, relayKey, clientKey, hostKey } = lease;
  for (const number of [rateKbps, issuedAt, expiresAt])
    if (!Number.isInteger(number) || number < 0 || number > MAX_U32)
      throw new RangeError("a number of a lease is out of range");
  if (expiresAt <= issuedAt || expiresAt - issuedAt > LEASE_SECONDS)
    throw new RangeError("a lease lasts for 1 to 300 seconds");
  if (leaseId.length !== LEASE_ID_BYTES || sessionId.length !== LEASE_ID_BYTES)
    throw new RangeError("the IDs of a lease have 16 bytes each");
  for (const key of [relayKey, clientKey, hostKey])
    if (key.length !== KEY_BYTES) throw new RangeError("the keys of a lease have 32 bytes each");
  if (sameBytes(clientKey, hostKey)) throw new RangeError("a lease is for two devices");
  const head = new Uint8Array(16);
  head[0] = LEASE_VERSION;
  writeU32(head, 4, rateKbps);
  writeU32(head, 8, issuedAt);
  writeU32(head, 12, expiresAt);
  return joined(head, leaseId, sessionId, relayKey, clientKey, hostKey);
}

/** What is signed: a label and the body. The label has a space, as nothing in a JWS has, so that one key signs both. Owned. */
export function leaseText(body: Uint8Array): Uint8Array {
  return joined(LABEL, body);
}

/**
 * Makes a signed lease: `LEASE_BYTES`, owned. `sign` is Ed25519 by the gateway's key, the one that signs grants, over the
 * bytes that it is given. Throws RangeError as `writeLeaseBody` does.
 */
export function signLease(lease: Lease, sign: (message: Uint8Array) => Uint8Array): Uint8Array {
  const body = writeLeaseBody(lease);
  const signature = sign(leaseText(body));
  if (signature.length !== SIGNATURE_BYTES) throw new RangeError("a signature has 64 bytes");
  return joined(body, signature);
}

/**
 * Reads a lease; its byte strings are views of `input`. Throws WireError. That it is signed is for `verifyLease` to say,
 * whether it is for now and here for the relay.
 */
export function readLease(input: Uint8Array): Lease {
  if (input.length !== LEASE_BYTES)
    throw new WireError("truncated", "a lease has the wrong length");
  if (input[0] !== LEASE_VERSION) throw new WireError("unsupported", "another version of leases");
  const issuedAt = readU32(input, 8);
  const expiresAt = readU32(input, 12);
  if (expiresAt <= issuedAt || expiresAt - issuedAt > LEASE_SECONDS)
    throw new WireError("limit", "a lease lasts too long, or not at all");
  const clientKey = input.subarray(80, 112);
  const hostKey = input.subarray(112, LEASE_BODY_BYTES);
  if (sameBytes(clientKey, hostKey)) throw new WireError("malformed", "a lease for one device");
  return {
    rateKbps: readU32(input, 4),
    issuedAt,
    expiresAt,
    leaseId: input.subarray(16, 32),
    sessionId: input.subarray(32, 48),
    relayKey: input.subarray(48, 80),
    clientKey,
    hostKey,
  };
}

/** Whether the gateway with that key signed the lease (`LEASE_BYTES`, borrowed). */
export function verifyLease(
  suite: CryptoSuite,
  gatewayKey: Uint8Array,
  lease: Uint8Array,
): boolean {
  if (lease.length !== LEASE_BYTES) return false;
  const body = lease.subarray(0, LEASE_BODY_BYTES);
  return suite.ed25519Verify(gatewayKey, leaseText(body), lease.subarray(LEASE_BODY_BYTES));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
