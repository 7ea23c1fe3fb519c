/** Serial numbers of 32 bits, which wrap (RFC 1982). */

/** How far `a` is ahead of `b`, negative if behind; right while they are less than 2^31 apart. */
export function serialDistance(a: number, b: number): number {
  return (a - b) | 0;
}

/** The number `steps` after `serial`. */
export function serialAdd(serial: number, steps: number): number {
  return (serial + steps) >>> 0;
}
