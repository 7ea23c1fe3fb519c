/** Steps of the wall clock smaller than this are left to its slow adjustment. */
const STEP_MILLIS = 2;

let offset: number = performance.timeOrigin;

/** Milliseconds since 1970 with fractions: the wall clock, in which sender reports tell their time. */
export function wallClockMillis(): number {
  const fine = performance.now();
  const coarse = Date.now();
  if (Math.abs(fine + offset - coarse) > STEP_MILLIS) offset = coarse - fine;
  return fine + offset;
}
