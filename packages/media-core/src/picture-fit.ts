import type { Size } from "@wavry/rift-core";

/** A scaled picture's sides are at least this part of the screen's: little data must not call for a large framebuffer. */
const SMALLEST_SHARE = 4;

/** How a picture covers its screen: pixel by pixel from the top left, or scaled up to fill it. */
export type PictureFit = "exact" | "scaled";

/**
 * How a decoded picture belongs to a screen; undefined: it cannot. A picture that covers the screen may be larger by
 * what fills its last macroblocks. One that is shorter on either side is scaled, and is then larger on neither.
 * Source: spec/rift.md §6.
 */
export function pictureFit(picture: Size, screen: Size): PictureFit | undefined {
  const { width, height } = picture;
  if (width >= screen.width && height >= screen.height) {
    const inBounds = width <= wholeBlocks(screen.width) && height <= wholeBlocks(screen.height);
    return inBounds ? "exact" : undefined;
  }
  if (width > screen.width || height > screen.height) return undefined;
  if (width * SMALLEST_SHARE < screen.width || height * SMALLEST_SHARE < screen.height)
    return undefined;
  return "scaled";
}

/** A side in whole macroblocks of 16 pixels. */
function wholeBlocks(side: number): number {
  return (side + 15) & ~15;
}
