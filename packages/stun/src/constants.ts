/** The fixed word after type and length; by it a STUN message is told from other datagrams (RFC 8489 §5). */
export const MAGIC_COOKIE = 0x2112a442;

/** Bytes of the header. */
export const STUN_HEADER_BYTES = 20;

/** Bytes of a transaction ID. */
export const TRANSACTION_ID_BYTES = 12;

/** Longer messages are refused: what fits a datagram on any usual path. */
export const MAX_STUN_BYTES = 1500;

/** The only method of STUN itself (RFC 8489 §3); TURN has others. */
export const BINDING_METHOD = 0x001;

/** What a message is (RFC 8489 §5). */
export const StunClass = { request: 0, indication: 1, success: 2, error: 3 } as const;
export type StunClass = (typeof StunClass)[keyof typeof StunClass];

/** Types of attributes: RFC 8489 §18.3, of RFC 5780 §7 those for behaviour discovery. From 0x8000 on a reader may ignore them. */
export const AttributeType = {
  mappedAddress: 0x0001,
  changeRequest: 0x0003,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  realm: 0x0014,
  nonce: 0x0015,
  messageIntegritySha256: 0x001c,
  passwordAlgorithm: 0x001d,
  userhash: 0x001e,
  xorMappedAddress: 0x0020,
  passwordAlgorithms: 0x8002,
  alternateDomain: 0x8003,
  software: 0x8022,
  alternateServer: 0x8023,
  fingerprint: 0x8028,
  responseOrigin: 0x802b,
  otherAddress: 0x802c,
} as const;

/** Whether a reader that does not know an attribute must refuse the message (RFC 8489 §14). */
export function mustBeUnderstood(type: number): boolean {
  return type < 0x8000;
}
