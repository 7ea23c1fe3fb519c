import { readU16, readU32, WireError, writeU16, writeU32 } from "@wavry/rift-core";
import {
  AttributeType,
  MAGIC_COOKIE,
  MAX_STUN_BYTES,
  STUN_HEADER_BYTES,
  type StunClass,
  TRANSACTION_ID_BYTES,
} from "./constants.ts";
import { crc32 } from "./crc32.ts";

/*
 * Message (RFC 8489 §5)                              Attribute (§14), at a multiple of 4
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * |0 0| M11-7 |C1|M6-4|C0| M3-0 |   length without the header     |     | type            | value's length  |
 * |                   magic cookie 0x2112A442                     |     | value, then padding to 4 bytes    |
 * |                                                               |
 * |                   transaction ID, 96 bits                     |
 * |                                                               |
 */
const FINGERPRINT_BYTES = 8;
const FINGERPRINT_XOR = 0x5354554e;

/** One attribute as it is on the wire. */
export interface StunAttribute {
  /** `AttributeType`, or one that is not known here; 0 to 65535. */
  readonly type: number;
  /** Without padding. */
  readonly value: Uint8Array;
}

/** One message. */
export interface StunMessage {
  readonly class: StunClass;
  /** `BINDING_METHOD`, or another; 12 bits. */
  readonly method: number;
  /** `TRANSACTION_ID_BYTES`. */
  readonly transactionId: Uint8Array;
  /** In order, without FINGERPRINT. */
  readonly attributes: readonly StunAttribute[];
  /** Whether it ends in a FINGERPRINT, which was right where the message was read. */
  readonly fingerprint: boolean;
}

/**
 * Whether a datagram has the marks of a STUN message, and so is none of another protocol on the same socket: two zero bits, the cookie,
 * and a length that is the datagram's.
 */
export function isStun(datagram: Uint8Array): boolean {
  return (
    datagram.length >= STUN_HEADER_BYTES &&
    (datagram[0]! & 0xc0) === 0 &&
    readU32(datagram, 4) === MAGIC_COOKIE &&
    readU16(datagram, 2) === datagram.length - STUN_HEADER_BYTES &&
    datagram.length % 4 === 0
  );
}

/**
 * Reads a whole datagram. What is in the message are views of `input`. Throws WireError for what is no message of RFC 8489: also
 * one of RFC 3489, without the cookie, and one whose FINGERPRINT is wrong or not the last attribute.
 */
export function readStun(input: Uint8Array): StunMessage {
  if (input.length > MAX_STUN_BYTES) throw new WireError("limit", "a STUN message is too long");
  if (input.length < STUN_HEADER_BYTES)
    throw new WireError("truncated", "a STUN message is cut short");
  if (!isStun(input)) throw new WireError("malformed", "no STUN message, or cut short");
  const type = readU16(input, 0);
  const attributes: StunAttribute[] = [];
  let fingerprint = false;
  for (let at = STUN_HEADER_BYTES; at < input.length; ) {
    if (fingerprint) throw new WireError("malformed", "FINGERPRINT is not the last attribute");
    const attribute = { type: readU16(input, at), length: readU16(input, at + 2) };
    const end = at + 4 + attribute.length;
    if (end > input.length) throw new WireError("truncated", "an attribute is cut short");
    const value = input.subarray(at + 4, end);
    if (attribute.type === AttributeType.fingerprint) {
      checkFingerprint(input, at, value);
      fingerprint = true;
    } else attributes.push({ type: attribute.type, value });
    at = roundUp(end);
  }
  return {
    class: (((type >>> 7) & 2) | ((type >>> 4) & 1)) as StunClass,
    method: ((type >>> 2) & 0xf80) | ((type >>> 1) & 0x70) | (type & 0xf),
    transactionId: input.subarray(8, STUN_HEADER_BYTES),
    attributes,
    fingerprint,
  };
}

/** The datagram of a message, owned by the caller. Throws RangeError for one that cannot be written. */
export function writeStun(message: StunMessage): Uint8Array {
  const { method, transactionId, attributes, fingerprint } = message;
  if (transactionId.length !== TRANSACTION_ID_BYTES)
    throw new RangeError(`a transaction ID has ${TRANSACTION_ID_BYTES} bytes`);
  if (!(method >= 0 && method <= 0xfff)) throw new RangeError("a method has 12 bits");
  let bytes = STUN_HEADER_BYTES + (fingerprint ? FINGERPRINT_BYTES : 0);
  for (const { value } of attributes) bytes += 4 + roundUp(value.length);
  if (bytes > MAX_STUN_BYTES) throw new RangeError("the STUN message is too long");
  const out = new Uint8Array(bytes);
  const classBits = ((message.class & 2) << 7) | ((message.class & 1) << 4);
  const methodBits = ((method & 0xf80) << 2) | ((method & 0x70) << 1) | (method & 0xf);
  let at = writeU16(out, 0, methodBits | classBits);
  at = writeU16(out, at, bytes - STUN_HEADER_BYTES);
  at = writeU32(out, at, MAGIC_COOKIE);
  out.set(transactionId, at);
  at += TRANSACTION_ID_BYTES;
  for (const { type, value } of attributes) {
    at = writeU16(out, at, type);
    at = writeU16(out, at, value.length);
    out.set(value, at);
    at += roundUp(value.length);
  }
  if (!fingerprint) return out;
  const crc = crc32(out, at) ^ FINGERPRINT_XOR;
  at = writeU16(out, at, AttributeType.fingerprint);
  at = writeU16(out, at, 4);
  writeU32(out, at, crc);
  return out;
}

/** The value of the first attribute of a type, which is the one that counts (RFC 8489 §14). */
export function findAttribute(message: StunMessage, type: number): Uint8Array | undefined {
  return message.attributes.find((attribute) => attribute.type === type)?.value;
}

function checkFingerprint(input: Uint8Array, at: number, value: Uint8Array): void {
  if (value.length !== 4 || readU32(value, 0) !== (crc32(input, at) ^ FINGERPRINT_XOR) >>> 0)
    throw new WireError("malformed", "a FINGERPRINT is wrong");
}

function roundUp(bytes: number): number {
  return (bytes + 3) & ~3;
}
