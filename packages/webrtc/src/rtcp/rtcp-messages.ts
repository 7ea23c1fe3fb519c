import { readU8, readU16, readU32, WireError } from "@wavry/rift-core";
import { readNackEntries } from "./nack.ts";
import { readRemb } from "./remb.ts";
import { REPORT_BLOCK_BYTES, type ReportBlock, readReportBlock } from "./report-block.ts";

/** What a receiver of our media tells us; everything else in RTCP is left out. */
export type RtcpMessage =
  /** Of an SR or RR. */
  | { readonly kind: "reports"; readonly reports: readonly ReportBlock[] }
  /** Picture loss: a keyframe is wanted (RFC 4585 §6.3.1). */
  | { readonly kind: "pli"; readonly ssrc: number }
  /** Full intra request: the same, by the other name (RFC 5104 §4.3.1). */
  | { readonly kind: "fir"; readonly ssrcs: readonly number[] }
  /** Packets to be sent again, by sequence number. */
  | { readonly kind: "nack"; readonly ssrc: number; readonly lost: readonly number[] }
  | { readonly kind: "remb"; readonly bitrateBps: number; readonly ssrcs: readonly number[] };

const RtcpType = { sr: 200, rr: 201, transportFeedback: 205, payloadFeedback: 206 } as const;
const TransportFormat = { nack: 1 } as const;
const PayloadFormat = { pli: 1, fir: 4, application: 15 } as const;
const HEADER_BYTES = 4;
/** Sender information between the header of an SR and its blocks: our SSRC and five words. */
const SENDER_INFO_BYTES = 24;
const FIR_ENTRY_BYTES = 8;

/**
 * Reads a compound RTCP packet (RFC 3550 §6.1): packets one after another, each with
 *
 *      0                   1                   2                   3
 *     +---+-+---------+---------------+-------------------------------+
 *     | 2 |P|  count  |  packet type  |   length in words less one    |
 *     +---+-+---------+---------------+-------------------------------+
 *
 * Any bytes give messages or a `WireError`.
 */
export function readRtcpMessages(input: Uint8Array): RtcpMessage[] {
  const messages: RtcpMessage[] = [];
  let offset = 0;
  while (offset < input.length) {
    if (input.length - offset < HEADER_BYTES)
      throw new WireError("truncated", "an RTCP header is cut short");
    const first = readU8(input, offset);
    if (first >> 6 !== 2) throw new WireError("unsupported", "an RTCP packet is not version 2");
    const next = offset + HEADER_BYTES + readU16(input, offset + 2) * 4;
    if (next > input.length) throw new WireError("truncated", "an RTCP packet is cut short");
    const end = next - ((first & 0x20) === 0 ? 0 : paddingBytes(input, offset, next));
    const message = readPacket(input, offset, end, first & 0x1f, readU8(input, offset + 1));
    if (message !== undefined) messages.push(message);
    offset = next;
  }
  return messages;
}

function paddingBytes(input: Uint8Array, offset: number, next: number): number {
  const padding = readU8(input, next - 1);
  if (padding === 0 || padding > next - offset - HEADER_BYTES)
    throw new WireError("malformed", "the padding of an RTCP packet is longer than it");
  return padding;
}

/** `count`: of blocks, or the format of a feedback. */
function readPacket(
  input: Uint8Array,
  offset: number,
  end: number,
  count: number,
  type: number,
): RtcpMessage | undefined {
  const body = offset + HEADER_BYTES;
  if (type === RtcpType.sr) return readReports(input, body + SENDER_INFO_BYTES, end, count);
  if (type === RtcpType.rr) return readReports(input, body + 4, end, count);
  if (type !== RtcpType.transportFeedback && type !== RtcpType.payloadFeedback) return undefined;
  if (end - body < 8) throw new WireError("truncated", "an RTCP feedback is cut short");
  const ssrc = readU32(input, body + 4);
  const details = body + 8;
  if (type === RtcpType.transportFeedback)
    return count === TransportFormat.nack
      ? { kind: "nack", ssrc, lost: readNackEntries(input, details, end) }
      : undefined;
  if (count === PayloadFormat.pli) return { kind: "pli", ssrc };
  if (count === PayloadFormat.fir)
    return { kind: "fir", ssrcs: readFirEntries(input, details, end) };
  if (count !== PayloadFormat.application) return undefined;
  const remb = readRemb(input, details, end);
  return remb && { kind: "remb", ...remb };
}

function readReports(
  input: Uint8Array,
  offset: number,
  end: number,
  count: number,
): RtcpMessage | undefined {
  if (offset + count * REPORT_BLOCK_BYTES > end)
    throw new WireError("truncated", "an RTCP report is cut short");
  const reports: ReportBlock[] = [];
  for (let index = 0; index < count; index++)
    reports.push(readReportBlock(input, offset + index * REPORT_BLOCK_BYTES));
  return count === 0 ? undefined : { kind: "reports", reports };
}

/** Entries of an SSRC, a sequence number and three reserved bytes each. */
function readFirEntries(input: Uint8Array, offset: number, end: number): number[] {
  if (end - offset < FIR_ENTRY_BYTES || (end - offset) % FIR_ENTRY_BYTES !== 0)
    throw new WireError("malformed", "a FIR has no whole entries");
  const ssrcs: number[] = [];
  for (let at = offset; at < end; at += FIR_ENTRY_BYTES) ssrcs.push(readU32(input, at));
  return ssrcs;
}
