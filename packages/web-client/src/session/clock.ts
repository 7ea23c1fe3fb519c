import type { Micros } from "@wavry/rift-core";

/** A clock of this thread that never goes back; its origin is arbitrary. */
export function monotonicMicros(): Micros {
  return performance.now() * 1000;
}
