import type { PixelImage } from "@wavry/media-core";
import type { Rect } from "@wavry/rift-core";
import koffi from "koffi";
import { libyuv } from "./libyuv.ts";

/** A persistent BGRX picture of a screen, in memory that native code reaches too. */
export interface ScreenImage extends PixelImage {
  /** The same memory as `pixels`, byte by byte. */
  readonly bytes: Uint8Array;
  readonly strideBytes: number;
  /** Address of the first byte. */
  readonly address: number;
}

/** A picture over memory that the caller keeps alive (and in place) as long as the picture is used. */
export function screenImageOver(
  bytes: Uint8Array,
  size: { width: number; height: number },
): ScreenImage {
  const { width, height } = size;
  return {
    width,
    height,
    stridePixels: width,
    strideBytes: width * 4,
    bytes,
    pixels: new Uint32Array(bytes.buffer, bytes.byteOffset, width * height),
    address: Number(koffi.address(bytes)),
  };
}

/** A black picture in memory of its own. */
export function createScreenImage(size: { width: number; height: number }): ScreenImage {
  // An ArrayBuffer of its own never moves; a small typed array may live on the JavaScript heap.
  return screenImageOver(new Uint8Array(new ArrayBuffer(size.width * size.height * 4)), size);
}

/** Copies packed rows of `rect.width` pixels, from byte `offset` of `packed` on, to their place in the picture. */
export function copyPackedRows(
  packed: ScreenImage,
  offset: number,
  target: ScreenImage,
  rect: Rect,
): void {
  const { x, y, width, height } = rect;
  const native = libyuv();
  if (native !== undefined) {
    native.ARGBCopy(
      packed.address + offset,
      width * 4,
      target.address + (y * target.stridePixels + x) * 4,
      target.strideBytes,
      width,
      height,
    );
    return;
  }
  let from = offset >> 2;
  for (let row = y; row < y + height; row++, from += width)
    target.pixels.set(packed.pixels.subarray(from, from + width), row * target.stridePixels + x);
}
