import { readU32, writeU32 } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import { ascii, equalSecrets } from "./bytes.ts";
import type { PathKeys } from "./keys.ts";

/** The first byte of a check and of an answer (spec/path.md §3); no other protocol on the socket begins so. */
export const PathDatagramKind = { check: 0x30, answer: 0x31 } as const;
export type PathDatagramKind = (typeof PathDatagramKind)[keyof typeof PathDatagramKind];

/** Bytes of a check, and of an answer. */
export const PATH_DATAGRAM_BYTES = 32;

const ID_AT = 4;
const SEQUENCE_AT = 8;
const NONCE_AT = 12;
const CODE_AT = 16;
const FROM_HOST = 1;
const IN_USE = 2;
const LABELS: Readonly<Record<PathDatagramKind, Uint8Array>> = {
  [PathDatagramKind.check]: ascii("wavry path check v1"),
  [PathDatagramKind.answer]: ascii("wavry path answer v1"),
};

/** What a check or an answer says. */
export interface PathDatagram {
  readonly kind: PathDatagramKind;
  /** The sender is the host. */
  readonly isFromHost: boolean;
  /** Client's check: it nominates this path. Answer: the sender uses this path. */
  readonly isInUse: boolean;
  /** The token's first half: one more with each check of a sender, 32 bits; an answer repeats it. */
  readonly sequence: number;
  /** The token's other half: random, 32 bits. */
  readonly nonce: number;
}

/** The path id of a check or an answer; undefined: it is neither. */
export function readPathId(datagram: Uint8Array): number | undefined {
  if (datagram.length !== PATH_DATAGRAM_BYTES) return undefined;
  const kind = datagram[0];
  if (kind !== PathDatagramKind.check && kind !== PathDatagramKind.answer) return undefined;
  return readU32(datagram, ID_AT);
}

/**
 * Writes a check or an answer over the first 32 bytes of `out` (spec/path.md §3):
 *
 *     | 0x30 or 0x31 | flags (8) | reserved (16) | path id (32) | token: sequence (32), nonce (32) | code (128) |
 */
export function writePathDatagram(
  suite: CryptoSuite,
  keys: PathKeys,
  out: Uint8Array,
  datagram: PathDatagram,
): void {
  out[0] = datagram.kind;
  out[1] = (datagram.isFromHost ? FROM_HOST : 0) | (datagram.isInUse ? IN_USE : 0);
  out[2] = 0;
  out[3] = 0;
  writeU32(out, ID_AT, keys.pathId);
  writeU32(out, SEQUENCE_AT, datagram.sequence);
  writeU32(out, NONCE_AT, datagram.nonce);
  out.set(codeOf(suite, keys, out), CODE_AT);
}

/** Reads a check or an answer (borrowed); undefined: it is neither, of another session, or its code is wrong. Never throws. */
export function readPathDatagram(
  suite: CryptoSuite,
  keys: PathKeys,
  datagram: Uint8Array,
): PathDatagram | undefined {
  if (readPathId(datagram) !== keys.pathId) return undefined;
  if (!equalSecrets(codeOf(suite, keys, datagram), datagram.subarray(CODE_AT))) return undefined;
  const flags = datagram[1]!;
  return {
    kind: datagram[0] as PathDatagramKind,
    isFromHost: (flags & FROM_HOST) !== 0,
    isInUse: (flags & IN_USE) !== 0,
    sequence: readU32(datagram, SEQUENCE_AT),
    nonce: readU32(datagram, NONCE_AT),
  };
}

function codeOf(suite: CryptoSuite, { codeKey }: PathKeys, datagram: Uint8Array): Uint8Array {
  const label = LABELS[datagram[0] as PathDatagramKind];
  return suite.hmacBlake2s(codeKey, label, datagram.subarray(0, CODE_AT)).subarray(0, 16);
}
