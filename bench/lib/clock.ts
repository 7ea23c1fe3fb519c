/** CLOCK_MONOTONIC in microseconds with a fraction: the same clock in every process of this machine. */
export function monotonicMicros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e6 + nanos / 1e3;
}
