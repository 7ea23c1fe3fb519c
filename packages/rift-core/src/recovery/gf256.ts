/** The field of 256 elements (x^8 + x^4 + x^3 + x^2 + 1): sums are XOR. */

const POLYNOMIAL = 0x11d;
const EXP: Uint8Array = new Uint8Array(510);
const LOG: Uint8Array = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power++) {
  EXP[power] = value;
  EXP[power + 255] = value;
  LOG[value] = power;
  value <<= 1;
  if (value > 0xff) value ^= POLYNOMIAL;
}

/** The product of two elements. */
export function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : EXP[LOG[a]! + LOG[b]!]!;
}

/** The element whose product with `a` is 1; `a` is not 0. */
export function inverse(a: number): number {
  return EXP[255 - LOG[a]!]!;
}

/**
 * The factor of a group's member in a repair row: a Cauchy matrix whose columns are scaled so that row 0 is all ones.
 * Any rows and as many members make a system that can be solved, as long as row + member < 255.
 */
export function repairFactor(row: number, member: number): number {
  const column = 255 - member;
  return multiply(column, inverse(column ^ row));
}

/**
 * Inverts a square matrix of `size` × `size` elements in place, row after row; `inverted` gets the result.
 * False: it has none, and both hold garbage.
 */
export function invertMatrix(matrix: Uint8Array, inverted: Uint8Array, size: number): boolean {
  inverted.fill(0, 0, size * size);
  for (let index = 0; index < size; index++) inverted[index * size + index] = 1;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    while (pivot < size && matrix[pivot * size + column] === 0) pivot++;
    if (pivot === size) return false;
    if (pivot !== column) {
      swapRows(matrix, pivot, column, size);
      swapRows(inverted, pivot, column, size);
    }
    const scale = inverse(matrix[column * size + column]!);
    for (let at = column * size; at < (column + 1) * size; at++) {
      matrix[at] = multiply(matrix[at]!, scale);
      inverted[at] = multiply(inverted[at]!, scale);
    }
    for (let row = 0; row < size; row++) {
      const factor = matrix[row * size + column]!;
      if (row === column || factor === 0) continue;
      for (let at = 0; at < size; at++) {
        matrix[row * size + at]! ^= multiply(factor, matrix[column * size + at]!);
        inverted[row * size + at]! ^= multiply(factor, inverted[column * size + at]!);
      }
    }
  }
  return true;
}

function swapRows(matrix: Uint8Array, a: number, b: number, size: number): void {
  for (let at = 0; at < size; at++) {
    const value = matrix[a * size + at]!;
    matrix[a * size + at] = matrix[b * size + at]!;
    matrix[b * size + at] = value;
  }
}
