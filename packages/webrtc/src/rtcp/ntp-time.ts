import type { Micros } from "@wavry/rift-core";
import type { ReportBlock } from "./report-block.ts";

/** Seconds from 1900, where NTP begins, to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

/** The middle 32 bits of the NTP time, in 1/65536 s (RFC 3550 §4), from milliseconds since 1970. */
export function compactNtp(unixMillis: number): number {
  return Math.floor(((unixMillis / 1_000 + NTP_EPOCH_SECONDS) % 65_536) * 65_536) >>> 0;
}

/**
 * The round trip that a report block tells of (RFC 3550 §6.4.1), or undefined where it answers no sender report.
 * `unixMillis`: when it came, on the wall clock that the sender report had its time from, with fractions.
 */
export function roundTripMicros(block: ReportBlock, unixMillis: number): Micros | undefined {
  if (block.lastSenderReport === 0) return undefined;
  const units =
    (compactNtp(unixMillis) - block.lastSenderReport - block.delaySinceLastSenderReport) >>> 0;
  // A clock that was set back, or a receiver that rounds up, gives a little less than nothing.
  if (units >= 0x8000_0000) return 0;
  return Math.round((units * 1e6) / 65_536);
}
