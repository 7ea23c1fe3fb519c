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
