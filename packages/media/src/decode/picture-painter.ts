import type { Rect } from "@wavry/rift-core";
import type { Framebuffer } from "../present/framebuffer.ts";
import type { DecodedPicture } from "./video-decoder.ts";

/** Paints parts of decoded pictures into a BGRX framebuffer. */
export interface PicturePainter extends Disposable {
  /**
   * Converts exactly the pixels of `rects` (which must lie inside the picture and the framebuffer) and no others.
   * Throws RangeError for a rectangle that does not.
   */
  paint(picture: DecodedPicture, rects: readonly Rect[], target: Framebuffer): void;
}

/** Throws RangeError unless `rect` lies inside both sizes. */
export function checkInside(rect: Rect, picture: DecodedPicture, target: Framebuffer): void {
  const { x, y, width, height } = rect;
  if (
    !(x >= 0 && y >= 0 && width > 0 && height > 0) ||
    x + width > Math.min(picture.width, target.width) ||
    y + height > Math.min(picture.height, target.height)
  )
    throw new RangeError(`the rectangle ${x},${y} ${width}x${height} leaves the picture`);
}
