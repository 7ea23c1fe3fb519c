import type { Rect } from "@wavry/rift-core";
import { libyuv } from "./libyuv.ts";
import { LibyuvConverter } from "./libyuv-converter.ts";
import type { ScreenImage } from "./screen-image.ts";
import { SwscaleConverter } from "./swscale-converter.ts";
import type { YuvPicture } from "./yuv-picture.ts";

/**
 * Brings changed parts of a BGRX screen into its I420 picture (BT.601, full range). Where the picture's size is not the
 * image's (rounded up to even), the image is scaled to fill it.
 */
export interface PictureConverter extends Disposable {
  readonly name: "libyuv" | "swscale";
  /**
   * Converts `rects` of `image` (in its pixels); their `x` and `y` are even, and their far edges even or at the edge of the image.
   * More of the picture may be converted anew; what lies outside `rects` must therefore be up to date in `image`.
   */
  convert(image: ScreenImage, rects: readonly Rect[], picture: YuvPicture): void;
}

/** The fastest converter that this machine has. */
export function openConverter(): PictureConverter {
  const native = libyuv();
  return native === undefined ? new SwscaleConverter() : new LibyuvConverter(native);
}
