/** A seeded source of numbers in [0, 1): the same seed gives the same numbers (mulberry32). For tests. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A seeded source of bytes for tests; never for keys that matter. */
export function seededBytes(seed: number): (bytes: number) => Uint8Array {
  const random = seededRandom(seed);
  return (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
}
