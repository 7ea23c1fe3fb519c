import type { Micros } from "@wavry/rift-core";

/** The machine's monotonic clock; the same in every thread of a process. */
export function monotonicMicros(): Micros {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1_000_000 + Math.floor(nanos / 1_000);
}
