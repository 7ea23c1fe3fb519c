import type { Micros } from "@wavry/rift-core";
import { monotonicMicros } from "@wavry/rift-udp";

/** The machine's monotonic clock in microseconds: the same in all threads. */
export function relayMicros(): Micros {
  return monotonicMicros();
}

/** Seconds since 1970, with a fraction. */
export function unixSeconds(): number {
  return Date.now() / 1_000;
}
