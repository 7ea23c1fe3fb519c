import type { Rect } from "@wavry/rift-core";
import { HASH_MULTIPLIER, LONG_MAX, Op, SHORT_ABOVE_MAX, SHORT_RUN_MAX } from "./patch-format.ts";
import type { PixelImage } from "./pixel-image.ts";

const RGB = 0xffffff;
/** Rows from here on are copied through a view; making one costs as much as copying some tens of pixels. */
const VIEW_PIXELS = 48;
/** Pixels that are read ahead of coding, so that giving up early costs little. */
const BAND_PIXELS = 8192;

/** Bytes that suffice for any rectangle of this many pixels. */
export function patchMaxBytes(pixelCount: number): number {
  return pixelCount * 4;
}

/** Codes rectangles of a BGRX picture without loss (format: patch-format.ts); keeps its scratch memory between calls. */
export class PatchEncoder {
  readonly #table = new Uint32Array(64);
  #flat = new Uint32Array(1 << 14);

  /**
   * Codes `rect` of `image` into `out` from `offset` on, never past `limit` (default: the end of `out`).
   * Gives the offset behind the patch, or -1 if it does not fit; `out` beyond `offset` is then undefined.
   * Throws RangeError if the rectangle is not inside the picture.
   */
  encode(
    image: PixelImage,
    rect: Rect,
    out: Uint8Array,
    offset: number,
    limit: number = out.length,
  ): number {
    const count = this.#prepare(image, rect);
    const pixels = this.#flat;
    const table = this.#table;
    const width = rect.width;
    // Black is what the decoder's table starts with too.
    table.fill(0);
    let at = offset;
    let previous = 0;
    let index = 0;
    let row = 0;
    let bandEnd = 0;
    // The longest operation is four bytes: one check an operation keeps the output inside the limit.
    const lastStart = Math.min(limit, out.length) - 4;
    while (index < count) {
      if (at > lastStart) return -1;
      if (index === bandEnd) {
        const rows = Math.min(rect.height - row, Math.ceil(BAND_PIXELS / width));
        this.#flatten(image, rect, row, rows);
        row += rows;
        bandEnd = row * width;
      }
      const pixel = pixels[index]!;
      let run = 0;
      if (pixel === previous) {
        const end = Math.min(bandEnd, index + LONG_MAX);
        let next = index + 1;
        while (next < end && pixels[next] === pixel) next++;
        run = next - index;
      }
      let above = 0;
      // A copy must beat the run, so the pixel behind the run tells at once if it cannot.
      const decisive = index + run;
      if (index >= width && decisive < bandEnd && pixels[decisive] === pixels[decisive - width]) {
        const end = Math.min(bandEnd, index + LONG_MAX);
        let next = index;
        while (next < end && pixels[next] === pixels[next - width]) next++;
        above = next - index;
      }
      if (run > 0 && run >= above) {
        if (run <= SHORT_RUN_MAX) out[at++] = Op.run | (run - 1);
        else {
          out[at] = Op.longRun;
          out[at + 1] = run >> 8;
          out[at + 2] = run;
          at += 3;
        }
        index += run;
        continue;
      }
      // A copy of a pixel or two gains nothing over a table hit, but it is never worse than a difference.
      if (above > 0) {
        if (above <= SHORT_ABOVE_MAX) out[at++] = Op.above | (above - 1);
        else {
          out[at] = Op.longAbove;
          out[at + 1] = above >> 8;
          out[at + 2] = above;
          at += 3;
        }
        index += above;
        previous = pixels[index - 1]!;
        continue;
      }
      const colour = pixel & RGB;
      const slot = Math.imul(colour, HASH_MULTIPLIER) >>> 26;
      if (table[slot] === colour) out[at++] = slot;
      else {
        table[slot] = colour;
        // Signed byte differences.
        const dr = (((pixel >> 16) - (previous >> 16)) << 24) >> 24;
        const dg = (((pixel >> 8) - (previous >> 8)) << 24) >> 24;
        const db = ((pixel - previous) << 24) >> 24;
        const drg = dr - dg;
        const dbg = db - dg;
        if (((dr + 2) | (dg + 2) | (db + 2)) >>> 2 === 0)
          out[at++] = Op.diff | ((dr + 2) << 4) | ((dg + 2) << 2) | (db + 2);
        else if (((drg + 8) | (dbg + 8)) >>> 4 === 0 && (dg + 32) >>> 6 === 0) {
          out[at] = Op.luma | (dg + 32);
          out[at + 1] = ((drg + 8) << 4) | (dbg + 8);
          at += 2;
        } else {
          out[at] = Op.rgb;
          out[at + 1] = pixel >> 16;
          out[at + 2] = pixel >> 8;
          out[at + 3] = pixel;
          at += 4;
        }
      }
      previous = pixel;
      index++;
    }
    return at;
  }

  /** Checks the rectangle and makes room for it; gives the number of pixels. */
  #prepare(image: PixelImage, rect: Rect): number {
    const { x, y, width, height } = rect;
    if (
      !(x >= 0 && y >= 0 && width > 0 && height > 0) ||
      x + width > image.width ||
      y + height > image.height
    )
      throw new RangeError("the rectangle is not inside the picture");
    const count = width * height;
    if (this.#flat.length < count) this.#flat = new Uint32Array(count);
    return count;
  }

  /** Copies rows of the rectangle into one piece. */
  #flatten(image: PixelImage, rect: Rect, firstRow: number, rows: number): void {
    const flat = this.#flat;
    const { pixels, stridePixels } = image;
    const width = rect.width;
    let to = firstRow * width;
    let from = (rect.y + firstRow) * stridePixels + rect.x;
    if (width === stridePixels) {
      flat.set(pixels.subarray(from, from + rows * width), to);
      return;
    }
    for (let left = rows; left > 0; left--, from += stridePixels) {
      if (width >= VIEW_PIXELS) {
        flat.set(pixels.subarray(from, from + width), to);
        to += width;
      } else for (let next = from; next < from + width; next++) flat[to++] = pixels[next]!;
    }
  }
}
