import type { Rect, Size } from "@wavry/rift-core";
import koffi from "koffi";
import type { Framebuffer } from "./framebuffer.ts";

const FILTER_BILINEAR = 2;
const FILTER_BOX = 3;

/** Scales part of a picture: fills just `clip` of `target`, which holds the whole of `source` at `scaled` size. */
export type Scaler = (source: Framebuffer, target: Framebuffer, scaled: Size, clip: Rect) => void;

/** libyuv's scaler, or nearest neighbour in JavaScript where the library is missing. */
export function openScaler(): Scaler {
  let scaleClip: ReturnType<ReturnType<typeof koffi.load>["func"]>;
  try {
    const library = koffi.load(process.platform === "linux" ? "libyuv.so.0" : "libyuv");
    scaleClip = library.func(
      "int ARGBScaleClip(uintptr_t from, int fromStride, int fromWidth, int fromHeight, uintptr_t to, int toStride, int toWidth, int toHeight, int clipX, int clipY, int clipWidth, int clipHeight, int filter)",
    );
  } catch {
    return scaleNearest;
  }
  return (source, target, scaled, clip) => {
    scaleClip(
      source.address,
      source.stridePixels * 4,
      source.width,
      source.height,
      target.address,
      target.stridePixels * 4,
      scaled.width,
      scaled.height,
      clip.x,
      clip.y,
      clip.width,
      clip.height,
      scaled.width < source.width ? FILTER_BOX : FILTER_BILINEAR,
    );
  };
}

/** Nearest neighbour. */
export const scaleNearest: Scaler = (source, target, scaled, clip) => {
  for (let y = clip.y; y < clip.y + clip.height; y++) {
    const fromRow = Math.floor(((y + 0.5) * source.height) / scaled.height) * source.stridePixels;
    const toRow = y * target.stridePixels;
    for (let x = clip.x; x < clip.x + clip.width; x++)
      target.pixels[toRow + x] =
        source.pixels[fromRow + Math.floor(((x + 0.5) * source.width) / scaled.width)] ?? 0;
  }
};
