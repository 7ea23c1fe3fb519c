/** Which 16-bit fraction of a side of `size` pixels (1..65536) names the middle of `pixel`; clamped to the side. */
export function pixelToFraction(pixel: number, size: number): number {
  const inside = Math.max(0, Math.min(size - 1, Math.floor(pixel)));
  return Math.floor(((inside + 0.5) * 65536) / size);
}

/** The pixel of a side of `size` pixels that a 16-bit fraction points at; undoes `pixelToFraction`. */
export function fractionToPixel(fraction: number, size: number): number {
  return Math.floor((fraction * size) / 65536);
}
