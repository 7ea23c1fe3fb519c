/**
 * A strided picture of 32-bit pixels: B, G, R and a byte that is not looked at, in memory order.
 * `pixels` is a 32-bit view on a little-endian machine, so one element reads as 0xXXRRGGBB.
 */
export interface PixelImage {
  readonly width: number;
  readonly height: number;
  /** Elements from one row to the next, at least `width`. */
  readonly stridePixels: number;
  readonly pixels: Uint32Array;
}
