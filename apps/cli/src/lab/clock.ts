import type { Micros } from "@wavry/rift-core";

/** The machine's monotonic clock in microseconds, with fractions; the same in every thread. */
export function nowMicros(): Micros {
  return Number(process.hrtime.bigint()) / 1000;
}
