import { readU16, writeU16, writeU32 } from "@wavry/rift-core";
import { expectKind, NONCE_BYTES, RelayKind, readChannel } from "./kinds.ts";

const CHANNEL_AT = 4;
const TOKEN_AT = 8;
/** Bytes of a ping, and of a pong. */
export const PING_BYTES: number = TOKEN_AT + NONCE_BYTES;

/** What a relay says of a session. */
export interface Pong {
  readonly channel: number;
  /** Of the ping. */
  readonly token: Uint8Array;
  /** The other side is there. */
  readonly isPeerHere: boolean;
  /** How long the sender's lease holds, 65,535 at most. */
  readonly secondsLeft: number;
}

/** Ping (spec/relay.md §5.2): `| 0x54 | reserved (24) | channel (32) | token (64) |`. Owned. */
export function writePing(channel: number, token: Uint8Array): Uint8Array {
  const out = new Uint8Array(PING_BYTES);
  out[0] = RelayKind.ping;
  writeU32(out, CHANNEL_AT, channel);
  out.set(token, TOKEN_AT);
  return out;
}

/** Reads a ping's channel. Throws WireError. */
export function readPing(datagram: Uint8Array): number {
  expectKind(datagram, RelayKind.ping, PING_BYTES);
  return readChannel(datagram, CHANNEL_AT);
}

/** Turns a ping into its pong in place (§5.2): `| 0x55 | flags | seconds left (16) | channel (32) | token (64) |`. */
export function turnIntoPong(ping: Uint8Array, isPeerHere: boolean, secondsLeft: number): void {
  ping[0] = RelayKind.pong;
  ping[1] = isPeerHere ? 1 : 0;
  writeU16(ping, 2, Math.max(0, Math.min(0xffff, secondsLeft)));
}

/** Reads a pong; its token is a view. Throws WireError. */
export function readPong(datagram: Uint8Array): Pong {
  expectKind(datagram, RelayKind.pong, PING_BYTES);
  return {
    channel: readChannel(datagram, CHANNEL_AT),
    token: datagram.subarray(TOKEN_AT),
    isPeerHere: (datagram[1]! & 1) !== 0,
    secondsLeft: readU16(datagram, 2),
  };
}
