import type { Size } from "@wavry/rift-core";

/** Of a scaled picture's sides each is at least this part of the screen's. */
const SMALLEST_SHARE = 4;
/** The longest side of a screen that is shown (spec/rift.md §6). */
export const MAX_SCREEN_SIDE = 8192;

/** How a picture covers its screen: pixel by pixel from the top left, or scaled up to fill it. */
export type PictureFit = "exact" | "scaled";

/** How a decoded picture belongs to a screen; undefined: it cannot, or the screen is too large (spec/rift.md §6). */
export function pictureFit(picture: Size, screen: Size): PictureFit | undefined {
  const { width, height } = picture;
  if (screen.width > MAX_SCREEN_SIDE || screen.height > MAX_SCREEN_SIDE) return undefined;
  if (width >= screen.width && height >= screen.height)
    return width <= wholeBlocks(screen.width) && height <= wholeBlocks(screen.height)
      ? "exact"
      : undefined;
  if (width > screen.width || height > screen.height) return undefined;
  if (width * SMALLEST_SHARE < screen.width || height * SMALLEST_SHARE < screen.height)
    return undefined;
  return "scaled";
}

/** A side in whole macroblocks of 16 pixels. */
function wholeBlocks(side: number): number {
  return (side + 15) & ~15;
}
