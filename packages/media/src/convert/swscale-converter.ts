import type { Rect, Size } from "@wavry/rift-core";
import {
  AV_LOG_ERROR,
  AV_PIX_FMT_BGR0,
  AV_PIX_FMT_YUVJ420P,
  SWS_BILINEAR,
  SWS_FAST_BILINEAR,
} from "node-av/constants";
import { Log, SoftwareScaleContext } from "node-av/lib";
import { MediaError } from "../media-error.ts";
import type { PictureConverter } from "./picture-converter.ts";
import { isFullSize } from "./picture-scale.ts";
import { createScreenImage, type ScreenImage } from "./screen-image.ts";
import type { YuvPicture } from "./yuv-picture.ts";

const NOTHING: Size = { width: 0, height: 0 };

/** Converts the whole picture each time, with FFmpeg's swscale: for machines without libyuv. */
export class SwscaleConverter implements PictureConverter {
  readonly name = "swscale";
  #context: SoftwareScaleContext | undefined;
  #padded: ScreenImage | undefined;
  #from: Size = NOTHING;
  #to: Size = NOTHING;

  convert(image: ScreenImage, rects: readonly Rect[], picture: YuvPicture): void {
    if (rects.length === 0) return;
    const even = isFullSize(picture, image) ? this.#evenSized(image, picture) : image;
    const context = this.#contextFor(even, picture);
    const [y, u, v] = picture.planes;
    const result = context.scaleSync(
      [Buffer.from(even.bytes.buffer, even.bytes.byteOffset, even.bytes.byteLength)],
      [even.strideBytes],
      0,
      even.height,
      [y.bytes, u.bytes, v.bytes],
      [y.stride, u.stride, v.stride],
    );
    if (result < 0) throw new MediaError("codec", `swscale failed (${result})`);
  }

  [Symbol.dispose](): void {
    this.#context?.freeContext();
    this.#context = undefined;
  }

  /** With odd sides swscale would stretch the chroma planes a little: the last column and row are doubled for it. */
  #evenSized(image: ScreenImage, { width, height }: YuvPicture): ScreenImage {
    if (image.width === width && image.height === height) return image;
    if (this.#padded?.width !== width || this.#padded.height !== height)
      this.#padded = createScreenImage({ width, height });
    const { pixels } = this.#padded;
    for (let y = 0; y < height; y++) {
      const from = Math.min(y, image.height - 1) * image.stridePixels;
      const row = image.pixels.subarray(from, from + image.width);
      pixels.set(row, y * width);
      if (image.width < width) pixels[(y + 1) * width - 1] = row[image.width - 1] ?? 0;
    }
    return this.#padded;
  }

  #contextFor(image: ScreenImage, picture: YuvPicture): SoftwareScaleContext {
    if (this.#context !== undefined && isSame(this.#from, image) && isSame(this.#to, picture))
      return this.#context;
    this[Symbol.dispose]();
    Log.setLevel(AV_LOG_ERROR);
    const context = new SoftwareScaleContext();
    // The "J" format is what makes swscale write full range.
    context.getContext(
      image.width,
      image.height,
      AV_PIX_FMT_BGR0,
      picture.width,
      picture.height,
      AV_PIX_FMT_YUVJ420P,
      isFullSize(picture, image) ? SWS_FAST_BILINEAR : SWS_BILINEAR,
    );
    this.#context = context;
    this.#from = { width: image.width, height: image.height };
    this.#to = { width: picture.width, height: picture.height };
    return context;
  }
}

function isSame(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
