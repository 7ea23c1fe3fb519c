import type { RelayQuality } from "./socket/relay-report.ts";

/** What a device signs to join an account (spec/signaling.md §3). */
export interface EnrolmentFacts {
  /** The gateway's issuer, as the device knows it and not as it is told. */
  readonly gateway: string;
  readonly userId: string;
  /** Base64url, of the gateway. */
  readonly challenge: string;
  readonly wavryId: string;
  /** X25519, base64url. */
  readonly staticKey: string;
}

/** What a device signs to come in over a WebSocket (spec/signaling.md §4). */
export interface BindFacts {
  /** The gateway's issuer, as the device knows it and not as it is told. */
  readonly gateway: string;
  /** Of the gateway's challenge. */
  readonly nonce: string;
  readonly wavryId: string;
  readonly role: string;
}

/** What a device signs about a relay that it used (spec/signaling.md §10). */
export interface RelayReportFacts extends RelayQuality {
  /** The gateway's issuer, as the device knows it. */
  readonly gateway: string;
  readonly session: string;
  /** The relay's Wavry ID. */
  readonly relay: string;
}

/** The bytes to sign for an enrolment. */
export function enrolmentProof(facts: EnrolmentFacts): Uint8Array {
  const { gateway, userId, challenge, wavryId, staticKey } = facts;
  return encode("wavry enrolment v1", [gateway, userId, challenge, wavryId, staticKey]);
}

/** The bytes to sign for a connection. */
export function bindProof(facts: BindFacts): Uint8Array {
  const { gateway, nonce, wavryId, role } = facts;
  return encode("wavry signaling bind v1", [gateway, nonce, wavryId, role]);
}

/** The bytes to sign for a report on a relay. Numbers are as JSON has them; "null" for none. */
export function relayReportProof(facts: RelayReportFacts): Uint8Array {
  const { gateway, session, relay, connected, rttMillis, lossPercent, seconds } = facts;
  return encode("wavry relay report v1", [
    ...[gateway, session, relay, String(connected), String(rttMillis)],
    ...[String(lossPercent), String(seconds)],
  ]);
}

/** The bytes that a relay signs for a heartbeat: label and the gateway's issuer as the relay knows it, then the exact body. Owned. */
export function relayHeartbeatProof(gateway: string, body: Uint8Array): Uint8Array {
  const head = encode("wavry relay heartbeat v1", [gateway]);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/** Label and fields, each after its length (u16, big-endian): no two lists of fields give the same bytes. */
function encode(label: string, fields: readonly string[]): Uint8Array {
  const bytes: number[] = [];
  for (const field of [label, ...fields]) {
    if (field.length > 0xffff) throw new RangeError("a signed field is too long");
    bytes.push(field.length >> 8, field.length & 0xff);
    for (let index = 0; index < field.length; index++) {
      const character = field.charCodeAt(index);
      if (character > 0x7f) throw new RangeError("a signed field is not ASCII");
      bytes.push(character);
    }
  }
  return Uint8Array.from(bytes);
}
