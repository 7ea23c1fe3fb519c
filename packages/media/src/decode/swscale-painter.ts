import type { Rect, Size } from "@wavry/rift-core";
import koffi from "koffi";
import {
  AV_PIX_FMT_BGR0,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUVJ420P,
  AV_PIX_FMT_YUVJ444P,
  SWS_BILINEAR,
  SWS_FAST_BILINEAR,
} from "node-av/constants";
import { SoftwareScaleContext } from "node-av/lib";
import { MediaError } from "../media-error.ts";
import type { Framebuffer } from "../present/framebuffer.ts";
import { checkFit, checkInside, type PicturePainter } from "./picture-painter.ts";
import type { DecodedPicture } from "./video-decoder.ts";

/**
 * Converts with FFmpeg's swscale where libyuv is missing: the whole picture each time (2 to 4 ms at 1920x1080), of
 * which the rectangles are copied. It knows only the BT.601 matrix.
 */
export class SwscalePainter implements PicturePainter {
  #context: SoftwareScaleContext | undefined;
  #key = "";
  #scratch = Buffer.alloc(0);
  #scratchPixels = new Uint32Array(0);

  paint(picture: DecodedPicture, rects: readonly Rect[], target: Framebuffer): void {
    for (const rect of rects) checkInside(rect, target);
    const { height } = picture;
    const output = checkFit(picture, target) === "scaled" ? target : picture;
    const context = this.#contextFor(picture, output);
    const chromaRows = picture.layout === "i420" ? (height + 1) >> 1 : height;
    const planes = picture.planes.map((address, index) =>
      Buffer.from(
        koffi.view(
          BigInt(address),
          (picture.strides[index] ?? 0) * (index === 0 ? height : chromaRows),
        ),
      ),
    );
    context.scaleSync(planes, [...picture.strides], 0, height, [this.#scratch], [output.width * 4]);
    for (const rect of rects)
      for (let y = rect.y; y < rect.y + rect.height; y++) {
        const from = y * output.width + rect.x;
        target.pixels.set(
          this.#scratchPixels.subarray(from, from + rect.width),
          y * target.stridePixels + rect.x,
        );
      }
  }

  [Symbol.dispose](): void {
    this.#context?.freeContext();
    this.#context = undefined;
    this.#key = "";
  }

  #contextFor(picture: DecodedPicture, output: Size): SoftwareScaleContext {
    const { width, height, layout, fullRange } = picture;
    const key = `${width} ${height} ${layout} ${fullRange} ${output.width} ${output.height}`;
    if (this.#context !== undefined && key === this.#key) return this.#context;
    this[Symbol.dispose]();
    const limited = layout === "i420" ? AV_PIX_FMT_YUV420P : AV_PIX_FMT_YUV444P;
    const full = layout === "i420" ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUVJ444P;
    const context = new SoftwareScaleContext();
    try {
      context.getContext(
        width,
        height,
        fullRange ? full : limited,
        output.width,
        output.height,
        AV_PIX_FMT_BGR0,
        output === picture ? SWS_FAST_BILINEAR : SWS_BILINEAR,
      );
    } catch (cause) {
      throw new MediaError("codec", "swscale cannot convert this picture", { cause });
    }
    const memory = new ArrayBuffer(output.width * output.height * 4);
    this.#scratch = Buffer.from(memory);
    this.#scratchPixels = new Uint32Array(memory);
    this.#context = context;
    this.#key = key;
    return context;
  }
}
