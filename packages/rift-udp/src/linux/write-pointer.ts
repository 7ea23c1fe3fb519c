/** Writes an address in memory at byte `at` of a structure (64-bit, little-endian). */
export function writePointer(words: Uint32Array, at: number, address: number): void {
  words[at / 4] = address % 2 ** 32;
  words[at / 4 + 1] = Math.floor(address / 2 ** 32);
}
