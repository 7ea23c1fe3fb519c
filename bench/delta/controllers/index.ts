/** Other congestion controllers, from their published descriptions, to be measured beside DELTA. */
import type { CongestionController, CongestionOptions } from "@wavry/rift-core";
import { FixedController } from "./fixed.ts";
import { GccController } from "./gcc.ts";
import { ScreamController } from "./scream.ts";

/**
 * How often each of them is told of arrivals, in µs, where that is not RIFT's own rhythm: GCC every 50 ms, as libwebrtc
 * sends transport feedback at all but the lowest rates; SCReAM every 20 ms (RFC 8298 §4.2 at 500 kbps and more).
 */
export const REPORT_MICROS: Readonly<Record<string, number>> = { gcc: 50_000, scream: 20_000 };

/** Google Congestion Control. */
export function createGcc(options: CongestionOptions): CongestionController {
  return new GccController(options);
}

/** SCReAM v2. */
export function createScream(options: CongestionOptions): CongestionController {
  return new ScreamController(options);
}

/** A fixed rate of `startBps` with 20 % redundancy. */
export function createFixed(options: CongestionOptions): CongestionController {
  return new FixedController(options);
}
