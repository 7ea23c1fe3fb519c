/** Times a short operation in batches, because one call is shorter than the clock is worth. */
const BATCH = 64;
const WARM_UP_SHARE = 0.3;

/** Calls `operation` with a rising index for `seconds` after a warm-up; gives ns a call, one sample a batch of 64. */
export function timeBatches(seconds: number, operation: (index: number) => void): number[] {
  const samples: number[] = [];
  const start = performance.now();
  const measureFrom = start + seconds * WARM_UP_SHARE * 1000;
  const end = measureFrom + seconds * 1000;
  for (let index = 0, now = start; now < end || samples.length === 0; ) {
    for (let call = 0; call < BATCH; call++) operation(index++);
    const after = performance.now();
    if (now >= measureFrom) samples.push(((after - now) * 1e6) / BATCH);
    now = after;
  }
  return samples;
}
