import type { Rect } from "@wavry/rift-core";
import type { Libyuv } from "./libyuv.ts";
import type { PictureConverter } from "./picture-converter.ts";
import type { ScreenImage } from "./screen-image.ts";
import type { YuvPicture } from "./yuv-picture.ts";

/** Converts exactly the rectangles, with libyuv. */
export class LibyuvConverter implements PictureConverter {
  readonly name = "libyuv";
  readonly #native: Libyuv;

  constructor(native: Libyuv) {
    this.#native = native;
  }

  convert(image: ScreenImage, rects: readonly Rect[], picture: YuvPicture): void {
    const [y, u, v] = picture.planes;
    for (const rect of rects) {
      const chromaX = rect.x >> 1;
      const chromaY = rect.y >> 1;
      this.#native.ARGBToJ420(
        image.address + rect.y * image.strideBytes + rect.x * 4,
        image.strideBytes,
        y.address + rect.y * y.stride + rect.x,
        y.stride,
        u.address + chromaY * u.stride + chromaX,
        u.stride,
        v.address + chromaY * v.stride + chromaX,
        v.stride,
        rect.width,
        rect.height,
      );
    }
  }

  [Symbol.dispose](): void {}
}
