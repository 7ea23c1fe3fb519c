/** Sets of small numbers as bit maps: number n is bit n mod 8 (least significant first) of byte n / 8. */

/** Whether `n` is in the set. */
export function hasBit(set: Uint8Array, n: number): boolean {
  return ((set[n >> 3]! >> (n & 7)) & 1) === 1;
}

/** Puts `n` into the set or takes it out. */
export function setBit(set: Uint8Array, n: number, present: boolean): void {
  const mask = 1 << (n & 7);
  if (present) set[n >> 3]! |= mask;
  else set[n >> 3]! &= ~mask;
}

/** Whether nothing is in the set. */
export function isEmptySet(set: Uint8Array): boolean {
  for (let i = 0; i < set.length; i++) if (set[i] !== 0) return false;
  return true;
}
