import type { Rect } from "@wavry/rift-core";
import type { Libyuv } from "./libyuv.ts";
import type { PictureConverter } from "./picture-converter.ts";
import { isFullSize, partsOf } from "./picture-scale.ts";
import { createScreenImage, type ScreenImage } from "./screen-image.ts";
import type { YuvPicture } from "./yuv-picture.ts";

/** libyuv takes the mean of all pixels where that is cheap, else it mixes the nearest four. */
const FILTER_BOX = 3;

/** Converts exactly the rectangles, with libyuv; for a smaller picture it scales the rows that they are in. */
export class LibyuvConverter implements PictureConverter {
  readonly name = "libyuv";
  readonly #native: Libyuv;
  /** The image at the picture's size, where that is smaller. */
  #scaled: ScreenImage | undefined;

  constructor(native: Libyuv) {
    this.#native = native;
  }

  convert(image: ScreenImage, rects: readonly Rect[], picture: YuvPicture): void {
    if (isFullSize(picture, image)) {
      this.#scaled = undefined;
      for (const rect of rects) this.#convertRect(image, rect, picture);
      return;
    }
    const { width, height } = picture;
    if (this.#scaled?.width !== width || this.#scaled.height !== height)
      this.#scaled = createScreenImage({ width, height });
    const parts = partsOf(rects, image, picture);
    this.#scaleRows(image, parts, this.#scaled);
    for (const part of parts) this.#convertRect(this.#scaled, part, picture);
  }

  [Symbol.dispose](): void {
    this.#scaled = undefined;
  }

  /** Whole rows, each once: of narrower parts libyuv would read past the image's end. */
  #scaleRows(image: ScreenImage, parts: readonly Rect[], scaled: ScreenImage): void {
    let done = 0;
    for (const part of parts.toSorted((a, b) => a.y - b.y)) {
      const from = Math.max(done, part.y);
      const end = part.y + part.height;
      if (end <= from) continue;
      this.#native.ARGBScaleClip(
        image.address,
        image.strideBytes,
        image.width,
        image.height,
        scaled.address,
        scaled.strideBytes,
        scaled.width,
        scaled.height,
        0,
        from,
        scaled.width,
        end - from,
        FILTER_BOX,
      );
      done = end;
    }
  }

  #convertRect(image: ScreenImage, rect: Rect, picture: YuvPicture): void {
    const [y, u, v] = picture.planes;
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
