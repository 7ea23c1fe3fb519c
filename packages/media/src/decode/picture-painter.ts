import { type PictureFit, pictureFit } from "@wavry/media-core";
import type { Rect, Size } from "@wavry/rift-core";
import type { Framebuffer } from "../present/framebuffer.ts";
import type { DecodedPicture } from "./video-decoder.ts";

/**
 * Paints parts of decoded pictures into a BGRX framebuffer, which is the whole screen. A picture that covers it is taken
 * pixel by pixel, from its top left; a smaller one is scaled up to fill it (bilinear).
 */
export interface PicturePainter extends Disposable {
  /**
   * Converts exactly the pixels of `rects` (which must lie inside the framebuffer) and no others.
   * Throws RangeError for a rectangle that does not, and for a picture that `pictureFit` refuses; `MediaError` "codec"
   * where this picture cannot be converted.
   */
  paint(picture: DecodedPicture, rects: readonly Rect[], target: Framebuffer): void;
}

/** How a picture covers a framebuffer; RangeError where it cannot. */
export function checkFit(picture: Size, target: Size): PictureFit {
  const fit = pictureFit(picture, target);
  if (fit !== undefined) return fit;
  throw new RangeError(
    `a picture of ${picture.width}x${picture.height} does not fit a screen of ${target.width}x${target.height}`,
  );
}

/** Throws RangeError unless `rect` lies inside the framebuffer. */
export function checkInside(rect: Rect, target: Size): void {
  const { x, y, width, height } = rect;
  if (
    !(x >= 0 && y >= 0 && width > 0 && height > 0) ||
    x + width > target.width ||
    y + height > target.height
  )
    throw new RangeError(`the rectangle ${x},${y} ${width}x${height} leaves the framebuffer`);
}
