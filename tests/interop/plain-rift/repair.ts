/** The arithmetic of video recovery (spec/rift.md §6.3). */

/** The product in the field of 256 elements with x^8 + x^4 + x^3 + x^2 + 1. */
export function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= a << bit;
  }
  for (let bit = 14; bit >= 8; bit--) if ((product >> bit) & 1) product ^= 0x11d << (bit - 8);
  return product;
}

function divide(a: number, b: number): number {
  for (let quotient = 0; quotient < 256; quotient++)
    if (multiply(quotient, b) === a) return quotient;
  throw new RangeError("division by zero");
}

/** The parity of a row over a group's pieces; shorter ones count as if zeros followed. */
export function parityOf(row: number, pieces: readonly Uint8Array[]): Uint8Array {
  const parity = new Uint8Array(Math.max(...pieces.map((piece) => piece.length)));
  pieces.forEach((piece, member) => {
    const factor = divide(255 - member, (255 - member) ^ row);
    piece.forEach((byte, at) => {
      parity[at]! ^= multiply(factor, byte);
    });
  });
  return parity;
}
