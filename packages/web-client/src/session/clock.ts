import type { Micros } from "@wavry/rift-core";

/** A clock of this thread that never goes back; its origin is arbitrary. */
export function monotonicMicros(): Micros {
  return performance.now() * 1000;
}

/** The same clock, as all threads of a page read it. */
export function sharedMicros(): Micros {
  return (performance.timeOrigin + performance.now()) * 1000;
}

/** A time of `sharedMicros` as `monotonicMicros` of this thread tells it. */
export function fromShared(at: Micros): Micros {
  return at - performance.timeOrigin * 1000;
}
