import type { Micros } from "@wavry/rift-core";

/** `performance.now` gives no garbage, but counts from the start of its thread. */
const startMicros = findStart();

/** The machine's monotonic clock in microseconds: the same in every thread and process of it, to about a microsecond. */
export function monotonicMicros(): Micros {
  return Math.floor(startMicros + performance.now() * 1000);
}

function findStart(): Micros {
  let start = 0;
  let closest = Infinity;
  // Between two readings the thread may have been interrupted.
  for (let i = 0; i < 8; i++) {
    const before = process.hrtime.bigint();
    const sinceStart = performance.now();
    const took = Number(process.hrtime.bigint() - before);
    if (took >= closest) continue;
    closest = took;
    start = (Number(before) + took / 2) / 1000 - sinceStart * 1000;
  }
  return start;
}
