import { readU32, WireError, writeU32 } from "@wavry/rift-core";

/** The version that this code speaks, in hello, challenge and admission. */
export const RELAY_VERSION = 1;

/**
 * The first byte of what is said to and by a relay (spec/relay.md §2). None is the first byte of a RIFT datagram (1 to 5) or
 * of STUN (0, 1), so that one socket carries all of them.
 */
export const RelayKind = {
  /** 0x40 to 0x4f; the low four bits belong to the channel. */
  data: 0x40,
  hello: 0x50,
  challenge: 0x51,
  admission: 0x52,
  answer: 0x53,
  ping: 0x54,
  pong: 0x55,
  close: 0x56,
  notice: 0x57,
} as const;
export type RelayKind = (typeof RelayKind)[keyof typeof RelayKind];

/** Bits of a channel. */
export const CHANNEL_BITS = 28;
/** The largest channel; the least is 1. */
export const MAX_CHANNEL: number = 2 ** CHANNEL_BITS - 1;

/** Bytes of a random number that an answer has to repeat. */
export const NONCE_BYTES = 8;
/** Bytes of a code that shows who says something. */
export const CODE_BYTES = 16;

/**
 * The head of data, all that a relay adds (spec/relay.md §5):
 *
 *     0       4                                                       32
 *     |   4   |                      channel                          |
 */
export function writeDataHead(out: Uint8Array, offset: number, channel: number): number {
  return writeU32(out, offset, 0x4000_0000 + channel);
}

/** Whether a first byte begins data. */
export function isData(first: number): boolean {
  return (first & 0xf0) === RelayKind.data;
}

/** The channel of data with at least four bytes; 0 is none. */
export function dataChannel(datagram: Uint8Array): number {
  return readU32(datagram, 0) & MAX_CHANNEL;
}

/** Whether a first byte may be of a relay at all: data or any other kind. */
export function isRelayKind(first: number): boolean {
  return isData(first) || (first >= RelayKind.hello && first <= RelayKind.notice);
}

/** Throws WireError unless the datagram is of that kind and length, and of this version where it has one. */
export function expectKind(
  datagram: Uint8Array,
  kind: RelayKind,
  length: number,
  versioned = false,
): void {
  if (datagram.length !== length) throw new WireError("truncated", "a wrong length for its kind");
  if (datagram[0] !== kind) throw new WireError("unsupported", "another kind of datagram");
  if (versioned && datagram[1] !== RELAY_VERSION)
    throw new WireError("unsupported", "another version of the relay's protocol");
}

/** Reads a channel that must be one. Throws WireError. */
export function readChannel(datagram: Uint8Array, offset: number): number {
  const channel = readU32(datagram, offset);
  if (channel === 0 || channel > MAX_CHANNEL) throw new WireError("malformed", "no such channel");
  return channel;
}
