import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from "./bytes.ts";
import { WireError } from "./wire-error.ts";

/** The RIFT version that this code speaks (spec/rift.md §2). */
export const PROTOCOL_VERSION = 1;

/** The largest datagram that RIFT sends, in bytes. */
export const MAX_DATAGRAM_BYTES = 1200;

/** Bytes of the transport header. */
export const PACKET_HEADER_BYTES = 16;

/** Bytes of the AEAD tag after the ciphertext. */
export const PACKET_TAG_BYTES = 16;

/** The most plaintext that fits into one transport packet, in bytes. */
export const MAX_PAYLOAD_BYTES: number =
  MAX_DATAGRAM_BYTES - PACKET_HEADER_BYTES - PACKET_TAG_BYTES;

/** The largest packet number; a connection ends before it is used up (spec/rift.md §4). */
export const MAX_PACKET_NUMBER: number = Number.MAX_SAFE_INTEGER;

/** The first byte of every datagram (spec/rift.md §2). */
export const PacketType = {
  initiation: 1,
  response: 2,
  finish: 3,
  cookie: 4,
  transport: 5,
} as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** What a transport packet carries (spec/rift.md §4). */
export const Channel = {
  control: 1,
  input: 2,
  video: 3,
  feedback: 4,
  cursor: 5,
  repair: 6,
} as const;
export type Channel = (typeof Channel)[keyof typeof Channel];

/** The header of a transport packet; mutable so that one object serves every packet. */
export interface PacketHeader {
  /** Channel; any number in 1..255, as a peer may use channels that we do not know. */
  channel: number;
  keyEpoch: number;
  /** Chosen by the receiver, never 0. */
  connectionId: number;
  /** 1..2^53-1, one space a direction; the AEAD nonce. */
  packetNumber: number;
}

/**
 * Transport header (spec/rift.md §4), all of it additional data of the AEAD:
 *
 *     0        8        16               32
 *     | type 5 | channel|   key epoch    |
 *     |          connection id           |
 *     |          packet number           |
 *     |          (64 bits)               |
 */
export function writePacketHeader(
  out: Uint8Array,
  offset: number,
  channel: number,
  keyEpoch: number,
  connectionId: number,
  packetNumber: number,
): number {
  out[offset] = PacketType.transport;
  out[offset + 1] = channel;
  let at = writeU16(out, offset + 2, keyEpoch);
  at = writeU32(out, at, connectionId);
  return writeU64(out, at, packetNumber);
}

/** Reads a transport datagram's header into `into`. Throws WireError. Allocates nothing. */
export function readPacketHeader(datagram: Uint8Array, into: PacketHeader): void {
  if (datagram.length < PACKET_HEADER_BYTES + PACKET_TAG_BYTES)
    throw new WireError("truncated", "a packet is shorter than its header and tag");
  if (datagram.length > MAX_DATAGRAM_BYTES)
    throw new WireError("limit", "a datagram is longer than RIFT allows");
  if (datagram[0] !== PacketType.transport)
    throw new WireError("unsupported", "not a transport packet");
  into.channel = datagram[1]!;
  into.keyEpoch = readU16(datagram, 2);
  into.connectionId = readU32(datagram, 4);
  into.packetNumber = readU64(datagram, 8);
  if (into.channel === 0 || into.connectionId === 0 || into.packetNumber === 0)
    throw new WireError("malformed", "a packet header has a zero where none is allowed");
}
