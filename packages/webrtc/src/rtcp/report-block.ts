import { readU8, readU32 } from "@wavry/rift-core";

/** Bytes of a report block. */
export const REPORT_BLOCK_BYTES = 24;

/**
 * What a receiver says of one stream (RFC 3550 §6.4.1), in SR and RR:
 *
 *      0                   1                   2                   3
 *     +---------------------------------------------------------------+
 *     |                      SSRC of the stream                       |
 *     | fraction lost |       cumulative number of packets lost       |
 *     |    cycles of the sequence     |   highest sequence received   |
 *     |                      interarrival jitter                      |
 *     |                         last SR (LSR)                         |
 *     |                   delay since last SR (DLSR)                  |
 *     +---------------------------------------------------------------+
 */
export interface ReportBlock {
  readonly ssrc: number;
  /** Since the report before, 0..255/256. */
  readonly lostShare: number;
  /** Since the beginning; negative where more came than were sent, as repeats do. */
  readonly lostPackets: number;
  /** Extended by the cycles. */
  readonly highestSequence: number;
  /** In units of the stream's clock. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time in our last sender report; 0: none came yet. */
  readonly lastSenderReport: number;
  /** Since it came, in 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

/** Reads a block; the caller has checked the length. */
export function readReportBlock(input: Uint8Array, offset: number): ReportBlock {
  const lost = readU32(input, offset + 4) & 0xff_ffff;
  return {
    ssrc: readU32(input, offset),
    lostShare: readU8(input, offset + 4) / 256,
    lostPackets: lost >= 0x80_0000 ? lost - 0x100_0000 : lost,
    highestSequence: readU32(input, offset + 8),
    jitter: readU32(input, offset + 12),
    lastSenderReport: readU32(input, offset + 16),
    delaySinceLastSenderReport: readU32(input, offset + 20),
  };
}
