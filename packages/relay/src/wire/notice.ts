import { readU16, writeU16, writeU32 } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import { ascii, equalSecrets } from "../bytes.ts";
import { codeOf } from "./answer.ts";
import { CODE_BYTES, expectKind, RelayKind, readChannel } from "./kinds.ts";

const CLOSE_LABEL = ascii("wavry relay close v1");
const NOTICE_LABEL = ascii("wavry relay notice v1");
const CHANNEL_AT = 4;
const CODE_AT = 8;
/** Bytes of a notice, and of a close. */
export const NOTICE_BYTES: number = CODE_AT + CODE_BYTES;

/** What a relay tells a side (spec/relay.md §5.3). */
export const News = {
  /** The other side is there, too. */
  joined: 1,
  /** The relay ends in so many seconds: find another one. */
  draining: 2,
  /** The session is over; the rest says why. */
  closed: 16,
  expired: 17,
  idle: 18,
  shutdown: 19,
} as const;
export type News = (typeof News)[keyof typeof News];

/** News from 16 on end the session. */
export const FIRST_ENDING = 16;

/** A notice. */
export interface Notice {
  /** A `News`, or one of a later version. */
  readonly news: number;
  /** With `draining`: until the relay ends. */
  readonly seconds: number;
  readonly channel: number;
}

/** Notice (spec/relay.md §5.3): `| 0x57 | news | seconds (16) | channel (32) | code (128) |`. Owned. */
export function writeNotice(suite: CryptoSuite, codeKey: Uint8Array, notice: Notice): Uint8Array {
  const out = new Uint8Array(NOTICE_BYTES);
  out[0] = RelayKind.notice;
  out[1] = notice.news;
  writeU16(out, 2, notice.seconds);
  writeU32(out, CHANNEL_AT, notice.channel);
  out.set(codeOf(suite, codeKey, NOTICE_LABEL, out.subarray(0, CODE_AT)), CODE_AT);
  return out;
}

/** Reads a notice; undefined where its code is wrong. Throws WireError. */
export function readNotice(
  suite: CryptoSuite,
  codeKey: Uint8Array,
  datagram: Uint8Array,
): Notice | undefined {
  expectKind(datagram, RelayKind.notice, NOTICE_BYTES);
  const channel = readChannel(datagram, CHANNEL_AT);
  const expected = codeOf(suite, codeKey, NOTICE_LABEL, datagram.subarray(0, CODE_AT));
  if (!equalSecrets(expected, datagram.subarray(CODE_AT))) return undefined;
  return { news: datagram[1]!, seconds: readU16(datagram, 2), channel };
}

/** Close (spec/relay.md §5.3): `| 0x56 | reserved (24) | channel (32) | code (128) |`. Owned. */
export function writeRelayClose(
  suite: CryptoSuite,
  codeKey: Uint8Array,
  channel: number,
): Uint8Array {
  const out = new Uint8Array(NOTICE_BYTES);
  out[0] = RelayKind.close;
  writeU32(out, CHANNEL_AT, channel);
  out.set(codeOf(suite, codeKey, CLOSE_LABEL, out.subarray(0, CODE_AT)), CODE_AT);
  return out;
}

/** Reads a close's channel. Throws WireError. */
export function readRelayClose(datagram: Uint8Array): number {
  expectKind(datagram, RelayKind.close, NOTICE_BYTES);
  return readChannel(datagram, CHANNEL_AT);
}

/** Whether a close is of the peer with that key. */
export function verifyRelayClose(
  suite: CryptoSuite,
  codeKey: Uint8Array,
  datagram: Uint8Array,
): boolean {
  const expected = codeOf(suite, codeKey, CLOSE_LABEL, datagram.subarray(0, CODE_AT));
  return equalSecrets(expected, datagram.subarray(CODE_AT));
}
