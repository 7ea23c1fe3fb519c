/** A point in time or a duration, in integer microseconds of a monotonic clock. Its origin is arbitrary. */
export type Micros = number;

/** Microseconds in one millisecond. */
export const MILLISECOND: Micros = 1_000;

/** Microseconds in one second. */
export const SECOND: Micros = 1_000_000;
