import { readU32, WireError, writeU32 } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import { ascii, equalSecrets } from "../bytes.ts";
import { CODE_BYTES, expectKind, NONCE_BYTES, RelayKind, readChannel } from "./kinds.ts";

const LABEL = ascii("wavry relay answer v1");
const NONCE_AT = 4;
const CHANNEL_AT: number = NONCE_AT + NONCE_BYTES;
const CODE_AT: number = CHANNEL_AT + 12;
/** Bytes of an answer; fewer than those of an admission. */
export const ANSWER_BYTES: number = CODE_AT + CODE_BYTES;

/** What becomes of an admission that is well signed (spec/relay.md §4.4). */
export const Verdict = {
  admitted: 0,
  /** Over, or not of this time. */
  expired: 1,
  /** Its lease opened a session before that is over, or another lease took its place. */
  used: 2,
  /** The relay takes nobody new at the moment. */
  full: 3,
  /** The relay is about to end. */
  draining: 4,
  /** The lease is for another relay. */
  wrongRelay: 5,
  /** The session is there, with other devices. */
  mismatched: 6,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

const NAMES: Readonly<Record<number, RefusalName>> = {
  1: "expired",
  2: "used",
  3: "full",
  4: "draining",
  5: "wrong-relay",
  6: "mismatched",
};

/** A refusal in words, stable for programs. "unknown" is one of a later version. */
export type RefusalName =
  | "expired"
  | "used"
  | "full"
  | "draining"
  | "wrong-relay"
  | "mismatched"
  | "unknown";

/** The name of a verdict other than `admitted`. */
export function refusalName(verdict: number): RefusalName {
  return NAMES[verdict] ?? "unknown";
}

/** A relay's answer to an admission. */
export interface Answer {
  readonly verdict: number;
  /** The other side is there, too. */
  readonly isPeerHere: boolean;
  /** Of the admission. */
  readonly nonce: Uint8Array;
  /** With `admitted`: of the peer, 1 to 2^28-1; else 0. */
  readonly channel: number;
  /** How long the lease holds from now on. */
  readonly secondsLeft: number;
  /** What the peer may send, in kbit/s. */
  readonly rateKbps: number;
}

/**
 * Answer (spec/relay.md §4.4); owned.
 *
 *     | 0x53 | verdict | flags | reserved (8) | nonce (64) | channel (32) | seconds left (32) | rate, kbit/s (32) | code (128) |
 */
export function writeAnswer(suite: CryptoSuite, codeKey: Uint8Array, answer: Answer): Uint8Array {
  const out = new Uint8Array(ANSWER_BYTES);
  out[0] = RelayKind.answer;
  out[1] = answer.verdict;
  out[2] = answer.isPeerHere ? 1 : 0;
  out.set(answer.nonce, NONCE_AT);
  writeU32(out, CHANNEL_AT, answer.channel);
  writeU32(out, CHANNEL_AT + 4, answer.secondsLeft);
  writeU32(out, CHANNEL_AT + 8, answer.rateKbps);
  out.set(codeOf(suite, codeKey, LABEL, out.subarray(0, CODE_AT)), CODE_AT);
  return out;
}

/** Reads an answer; its nonce is a view. Undefined where its code is wrong. Throws WireError. */
export function readAnswer(
  suite: CryptoSuite,
  codeKey: Uint8Array,
  datagram: Uint8Array,
): Answer | undefined {
  expectKind(datagram, RelayKind.answer, ANSWER_BYTES);
  const expected = codeOf(suite, codeKey, LABEL, datagram.subarray(0, CODE_AT));
  if (!equalSecrets(expected, datagram.subarray(CODE_AT))) return undefined;
  const verdict = datagram[1]!;
  const channel = verdict === Verdict.admitted ? readChannel(datagram, CHANNEL_AT) : 0;
  const rateKbps = readU32(datagram, CHANNEL_AT + 8);
  if (verdict === Verdict.admitted && rateKbps === 0)
    throw new WireError("malformed", "a session without a rate");
  return {
    verdict,
    isPeerHere: (datagram[2]! & 1) !== 0,
    nonce: datagram.subarray(NONCE_AT, CHANNEL_AT),
    channel,
    secondsLeft: readU32(datagram, CHANNEL_AT + 4),
    rateKbps,
  };
}

/** HMAC-BLAKE2s over a label and the bytes, cut to `CODE_BYTES`. Owned. */
export function codeOf(
  suite: CryptoSuite,
  codeKey: Uint8Array,
  label: Uint8Array,
  bytes: Uint8Array,
): Uint8Array {
  return suite.hmacBlake2s(codeKey, label, bytes).slice(0, CODE_BYTES);
}
