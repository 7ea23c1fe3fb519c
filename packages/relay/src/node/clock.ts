import type { Micros } from "@wavry/rift-core";

/** This process's monotonic clock in microseconds. */
export function relayMicros(): Micros {
  return Math.floor(performance.now() * 1_000);
}

/** Seconds since 1970, with a fraction. */
export function unixSeconds(): number {
  return Date.now() / 1_000;
}
