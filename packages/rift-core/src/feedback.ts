import { needBytes, readU32, readU64, writeU32, writeU64 } from "./bytes.ts";
import type { Micros } from "./micros.ts";
import { WireError } from "./wire-error.ts";

/** First byte of a feedback message (spec/rift.md §5.2). An unknown kind is ignored. */
export const FeedbackKind = {
  report: 1,
  inputAcknowledged: 2,
  ping: 3,
  pong: 4,
  nack: 5,
  pathChallenge: 6,
  pathAnswer: 7,
} as const;
export type FeedbackKind = (typeof FeedbackKind)[keyof typeof FeedbackKind];

/** What a receiver of updates tells their sender; one mutable object serves every report. */
export interface Report {
  /** The highest packet number that came in. */
  highestPacketNumber: number;
  /** How many packets came in. */
  packetsReceived: number;
  /** How many packets the receiver takes for lost. */
  packetsLost: number;
  /** The newest update that was complete; 0: none. */
  largestCompleteFrame: number;
  /** Set: send a keyframe that is newer than `keyframeSince`. */
  keyframeWanted: boolean;
  /** The newest update that is known to be lost when a keyframe is wanted; else 0. */
  keyframeSince: number;
  /** `sentAt` of the last ping that came in; 0: none. */
  echoSentAt: Micros;
  /** Time from that ping's arrival to this report. */
  echoDelayMicros: number;
  /** Set: arrival times follow (congestion/arrival-report.ts). */
  hasArrivals: boolean;
}

/** A ping taken apart; mutable. */
export interface Ping {
  sentAt: Micros;
  /** The newest update that was sent, so that the loss of the last one shows; 0: none. */
  lastFrame: number;
}

/** The answer to a ping: the four times of NTP but the last; mutable. */
export interface Pong {
  echoSentAt: Micros;
  receivedAt: Micros;
  sentAt: Micros;
}

export const REPORT_BYTES = 46;
export const INPUT_ACKNOWLEDGED_BYTES = 6;
export const PING_BYTES = 14;
export const PONG_BYTES = 26;
const FLAG_KEYFRAME_WANTED = 0x01;
const FLAG_ARRIVALS = 0x02;

/** The kind of a feedback message. Throws WireError on an empty one. */
export function feedbackKind(input: Uint8Array): number {
  if (input.length === 0) throw new WireError("truncated", "an empty feedback message");
  return input[0]!;
}

/**
 *     | kind 1 | flags  |                       flags: bit 0 keyframe wanted; bit 1 arrival times follow
 *     |  highest packet number (64)     |
 *     |  packets received (64)          |
 *     |  packets lost (32)              |
 *     |  largest complete frame (32)    |
 *     |  keyframe since (32)            |
 *     |  echoed ping time (64)          |
 *     |  echo delay micros (32)         |
 *     |  reserved (32), zero            |
 */
export function writeReport(out: Uint8Array, offset: number, report: Readonly<Report>): number {
  out[offset] = FeedbackKind.report;
  out[offset + 1] =
    (report.keyframeWanted ? FLAG_KEYFRAME_WANTED : 0) | (report.hasArrivals ? FLAG_ARRIVALS : 0);
  let at = writeU64(out, offset + 2, report.highestPacketNumber);
  at = writeU64(out, at, report.packetsReceived);
  at = writeU32(out, at, report.packetsLost);
  at = writeU32(out, at, report.largestCompleteFrame);
  at = writeU32(out, at, report.keyframeSince);
  at = writeU64(out, at, report.echoSentAt);
  at = writeU32(out, at, Math.min(report.echoDelayMicros, 0xffff_ffff));
  return writeU32(out, at, 0);
}

/** Reads a report into `into`; bytes after it are ignored. Throws WireError. Allocates nothing. */
export function readReport(input: Uint8Array, into: Report): void {
  needBytes(input, 0, REPORT_BYTES, "a report");
  into.keyframeWanted = (input[1]! & FLAG_KEYFRAME_WANTED) !== 0;
  into.hasArrivals = (input[1]! & FLAG_ARRIVALS) !== 0;
  into.highestPacketNumber = readU64(input, 2);
  into.packetsReceived = readU64(input, 10);
  into.packetsLost = readU32(input, 18);
  into.largestCompleteFrame = readU32(input, 22);
  into.keyframeSince = readU32(input, 26);
  into.echoSentAt = readU64(input, 30);
  into.echoDelayMicros = readU32(input, 38);
}

/** `| kind 2 | flags 0 | sequence (32) |` */
export function writeInputAcknowledged(out: Uint8Array, offset: number, sequence: number): number {
  out[offset] = FeedbackKind.inputAcknowledged;
  out[offset + 1] = 0;
  return writeU32(out, offset + 2, sequence);
}

/** The acknowledged input sequence number. Throws WireError. */
export function readInputAcknowledged(input: Uint8Array): number {
  needBytes(input, 0, INPUT_ACKNOWLEDGED_BYTES, "an input acknowledgement");
  return readU32(input, 2);
}

/** `| kind 3 | flags 0 | sent at (64) | last frame (32) |` */
export function writePing(out: Uint8Array, offset: number, sentAt: Micros, last: number): number {
  out[offset] = FeedbackKind.ping;
  out[offset + 1] = 0;
  return writeU32(out, writeU64(out, offset + 2, sentAt), last);
}

/** Reads a ping into `into`. Throws WireError. */
export function readPing(input: Uint8Array, into: Ping): void {
  needBytes(input, 0, PING_BYTES, "a ping");
  into.sentAt = readU64(input, 2);
  into.lastFrame = readU32(input, 10);
}

/** `| kind 4 | flags 0 | echoed sent at (64) | received at (64) | sent at (64) |` */
export function writePong(out: Uint8Array, offset: number, pong: Readonly<Pong>): number {
  out[offset] = FeedbackKind.pong;
  out[offset + 1] = 0;
  let at = writeU64(out, offset + 2, pong.echoSentAt);
  at = writeU64(out, at, pong.receivedAt);
  return writeU64(out, at, pong.sentAt);
}

/** Reads a pong into `into`. Throws WireError. */
export function readPong(input: Uint8Array, into: Pong): void {
  needBytes(input, 0, PONG_BYTES, "a pong");
  into.echoSentAt = readU64(input, 2);
  into.receivedAt = readU64(input, 10);
  into.sentAt = readU64(input, 18);
}
