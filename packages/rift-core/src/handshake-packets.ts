import { readU16, readU32, writeU16, writeU32 } from "./bytes.ts";
import { PacketType, PROTOCOL_VERSION } from "./packet.ts";
import { WireError } from "./wire-error.ts";

/** Which Noise pattern a handshake follows (spec/rift.md §3). */
export const HandshakePattern = { known: 1, pairing: 2 } as const;
export type HandshakePattern = (typeof HandshakePattern)[keyof typeof HandshakePattern];

/** Bytes of an initiation, padding included: no answer to it is longer. */
export const INITIATION_BYTES = 256;
/** Bytes of an initiation's proof, gate and cookie. */
export const PROOF_BYTES = 16;
export const GATE_BYTES = 16;
export const COOKIE_FIELD_BYTES = 16;
/** Where the proof stands, which covers everything before it; room for the longest Noise message 1. */
export const INITIATION_PROOF_AT = 56;
/** Where the gate stands, which covers everything before it, the proof too. */
export const INITIATION_GATE_AT: number = INITIATION_PROOF_AT + PROOF_BYTES;
/** Where the cookie stands. */
export const INITIATION_COOKIE_AT: number = INITIATION_GATE_AT + GATE_BYTES;
/** Where zeros begin that go on to the end. */
export const INITIATION_PADDING_AT: number = INITIATION_COOKIE_AT + COOKIE_FIELD_BYTES;
/** Bytes of a cookie reply's body: the cookie and a code over it. */
export const COOKIE_REPLY_BODY_BYTES: number = 2 * COOKIE_FIELD_BYTES;
/** Bytes of the head that initiation and finish share; it is also part of the Noise prologue. */
export const HANDSHAKE_HEAD_BYTES = 8;
const RESPONSE_HEAD_BYTES = 12;

/** A handshake packet taken apart. Byte fields are borrowed views of the datagram. */
export type HandshakePacket =
  | {
      readonly type: typeof PacketType.initiation;
      readonly pattern: HandshakePattern;
      readonly senderId: number;
      readonly head: Uint8Array;
      readonly message: Uint8Array;
      /** What the proof covers, and the proof. */
      readonly proven: Uint8Array;
      readonly proof: Uint8Array;
      /** What the gate covers, and the gate. */
      readonly gated: Uint8Array;
      readonly gate: Uint8Array;
      /** The cookie that the host asked for; zeros without one. */
      readonly cookie: Uint8Array;
    }
  | {
      readonly type: typeof PacketType.response;
      readonly receiverId: number;
      readonly senderId: number;
      readonly message: Uint8Array;
    }
  | {
      readonly type: typeof PacketType.finish;
      readonly receiverId: number;
      readonly message: Uint8Array;
    }
  | {
      readonly type: typeof PacketType.cookie;
      readonly receiverId: number;
      readonly cookie: Uint8Array;
      /** Made with the initiation's gate key over its proof and the cookie. */
      readonly code: Uint8Array;
    };

/** Bytes of Noise message 1 with an empty payload: `e`, and a tag once a PSK pattern has mixed a key. */
function firstMessageBytes(pattern: HandshakePattern): number {
  return pattern === HandshakePattern.pairing ? 48 : 32;
}

function writeHead(out: Uint8Array, type: number, pattern: number, id: number): number {
  out[0] = type;
  out[1] = pattern;
  writeU16(out, 2, PROTOCOL_VERSION);
  return writeU32(out, 4, id);
}

/**
 * Head of initiation and finish (spec/rift.md §3); a response has the sender's id after it:
 *
 *     | type   | pattern|    version     |
 *     |  id (the sender's in an initiation, else the receiver's)  |
 */
export function handshakeHead(type: number, pattern: HandshakePattern, id: number): Uint8Array {
  const out = new Uint8Array(HANDSHAKE_HEAD_BYTES);
  writeHead(out, type, pattern, id);
  return out;
}

/**
 * An initiation whose proof (at `INITIATION_PROOF_AT`), gate (at `INITIATION_GATE_AT`) and cookie (at
 * `INITIATION_COOKIE_AT`) are still zero.
 *
 *     | head (8) | Noise message 1 (32 or 48) | zeros to 56 | proof (16) | gate (16) | cookie (16) | zeros to 256 |
 */
export function writeInitiation(head: Uint8Array, message: Uint8Array): Uint8Array {
  const out = new Uint8Array(INITIATION_BYTES);
  out.set(head, 0);
  out.set(message, HANDSHAKE_HEAD_BYTES);
  return out;
}

/** `| head with the receiver's id (8) | sender id (4) | Noise message 2 |` */
export function writeResponse(
  pattern: HandshakePattern,
  receiverId: number,
  senderId: number,
  message: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(RESPONSE_HEAD_BYTES + message.length);
  writeU32(out, writeHead(out, PacketType.response, pattern, receiverId), senderId);
  out.set(message, RESPONSE_HEAD_BYTES);
  return out;
}

/** `| head with the receiver's id (8) | Noise message 3 |` */
export function writeFinish(
  pattern: HandshakePattern,
  receiverId: number,
  message: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(HANDSHAKE_HEAD_BYTES + message.length);
  writeHead(out, PacketType.finish, pattern, receiverId);
  out.set(message, HANDSHAKE_HEAD_BYTES);
  return out;
}

/** `| head with the receiver's id (8) | cookie (16) | code (16) |` */
export function writeCookieReply(
  pattern: HandshakePattern,
  receiverId: number,
  cookie: Uint8Array,
  code: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(HANDSHAKE_HEAD_BYTES + COOKIE_REPLY_BODY_BYTES);
  writeHead(out, PacketType.cookie, pattern, receiverId);
  out.set(cookie, HANDSHAKE_HEAD_BYTES);
  out.set(code, HANDSHAKE_HEAD_BYTES + COOKIE_FIELD_BYTES);
  return out;
}

/** Takes a handshake datagram apart. Throws WireError. */
export function readHandshakePacket(datagram: Uint8Array): HandshakePacket {
  if (datagram.length < HANDSHAKE_HEAD_BYTES)
    throw new WireError("truncated", "a handshake packet is cut short");
  if (datagram.length > INITIATION_BYTES)
    throw new WireError("limit", "a handshake packet is too long");
  const pattern = datagram[1]!;
  if (pattern !== HandshakePattern.known && pattern !== HandshakePattern.pairing)
    throw new WireError("unsupported", "an unknown handshake pattern");
  if (readU16(datagram, 2) !== PROTOCOL_VERSION)
    throw new WireError("unsupported", "another protocol version");
  const id = readU32(datagram, 4);
  if (id === 0) throw new WireError("malformed", "a connection id is zero");
  switch (datagram[0]) {
    case PacketType.initiation:
      return readInitiation(datagram, pattern, id);
    case PacketType.response: {
      if (datagram.length <= RESPONSE_HEAD_BYTES)
        throw new WireError("truncated", "a response is cut short");
      const senderId = readU32(datagram, HANDSHAKE_HEAD_BYTES);
      if (senderId === 0) throw new WireError("malformed", "a connection id is zero");
      const message = datagram.subarray(RESPONSE_HEAD_BYTES);
      return { type: PacketType.response, receiverId: id, senderId, message };
    }
    case PacketType.finish: {
      const message = datagram.subarray(HANDSHAKE_HEAD_BYTES);
      return { type: PacketType.finish, receiverId: id, message };
    }
    case PacketType.cookie: {
      if (datagram.length !== HANDSHAKE_HEAD_BYTES + COOKIE_REPLY_BODY_BYTES)
        throw new WireError("truncated", "a cookie reply has the wrong length");
      const codeAt = HANDSHAKE_HEAD_BYTES + COOKIE_FIELD_BYTES;
      return {
        type: PacketType.cookie,
        receiverId: id,
        cookie: datagram.subarray(HANDSHAKE_HEAD_BYTES, codeAt),
        code: datagram.subarray(codeAt),
      };
    }
    default:
      throw new WireError("unsupported", "not a handshake packet");
  }
}

function readInitiation(
  datagram: Uint8Array,
  pattern: HandshakePattern,
  senderId: number,
): HandshakePacket {
  if (datagram.length !== INITIATION_BYTES)
    throw new WireError("truncated", "an initiation has the wrong length");
  const messageEnd = HANDSHAKE_HEAD_BYTES + firstMessageBytes(pattern);
  requireZeros(datagram, messageEnd, INITIATION_PROOF_AT);
  requireZeros(datagram, INITIATION_PADDING_AT, INITIATION_BYTES);
  return {
    type: PacketType.initiation,
    pattern,
    senderId,
    head: datagram.subarray(0, HANDSHAKE_HEAD_BYTES),
    message: datagram.subarray(HANDSHAKE_HEAD_BYTES, messageEnd),
    proven: datagram.subarray(0, INITIATION_PROOF_AT),
    proof: datagram.subarray(INITIATION_PROOF_AT, INITIATION_GATE_AT),
    gated: datagram.subarray(0, INITIATION_GATE_AT),
    gate: datagram.subarray(INITIATION_GATE_AT, INITIATION_COOKIE_AT),
    cookie: datagram.subarray(INITIATION_COOKIE_AT, INITIATION_PADDING_AT),
  };
}

function requireZeros(datagram: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++)
    if (datagram[i] !== 0) throw new WireError("malformed", "the padding is not zero");
}
