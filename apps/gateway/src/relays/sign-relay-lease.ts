import { randomBytes, sign } from "node:crypto";
import { LEASE_ID_BYTES, LEASE_SECONDS, signLease } from "@wavry/relay";
import { decodeWavryId } from "@wavry/rift-crypto";
import type { Context } from "../context.ts";
import { DEFAULT_RELAY_CONFIG } from "./relay-config.ts";

/** What a lease is for; all but the session are Wavry IDs. */
export interface LeaseSubject {
  /** 22 characters of base64url. */
  readonly sessionId: string;
  readonly relayId: string;
  readonly clientId: string;
  readonly hostId: string;
  /** When the session must be over, milliseconds since 1970. */
  readonly endsAt: number;
}

/** Signs a lease with the key of the grants (spec/relay.md §3); base64url. Undefined where client and host are one device, or the time is over. */
export function signRelayLease(context: Context, subject: LeaseSubject): string | undefined {
  const issuedAt = Math.floor(context.now() / 1_000);
  const expiresAt = Math.min(issuedAt + LEASE_SECONDS, Math.floor(subject.endsAt / 1_000));
  if (expiresAt <= issuedAt || subject.clientId === subject.hostId) return undefined;
  const { rateKbps } = context.config.relays ?? DEFAULT_RELAY_CONFIG;
  const lease = signLease(
    {
      ...{ rateKbps, issuedAt, expiresAt, leaseId: randomBytes(LEASE_ID_BYTES) },
      sessionId: Buffer.from(subject.sessionId, "base64url"),
      relayKey: keyOf(subject.relayId),
      clientKey: keyOf(subject.clientId),
      hostKey: keyOf(subject.hostId),
    },
    (message) => sign(null, message, context.keys.signing),
  );
  return Buffer.from(lease).toString("base64url");
}

function keyOf(wavryId: string): Uint8Array {
  const key = decodeWavryId(wavryId);
  if (key === undefined) throw new Error("a device has no Wavry ID");
  return key;
}
