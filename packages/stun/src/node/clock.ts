import type { Micros } from "@wavry/rift-core";

/** A clock that never goes back, in microseconds from the start of the thread. */
export function monotonicMicros(): Micros {
  return Math.floor(performance.now() * 1000);
}
