import type { Micros } from "@wavry/rift-core";

/** The machine's monotonic clock in microseconds: the same in every thread and process of it. */
export function monotonicMicros(): Micros {
  return Number(process.hrtime.bigint() / 1000n);
}
