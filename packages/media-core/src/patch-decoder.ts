import { type Rect, WireError } from "@wavry/rift-core/screen";
import { HASH_MULTIPLIER, Op, SHORT_ABOVE_MAX, SHORT_RUN_MAX } from "./patch-format.ts";
import type { PixelImage } from "./pixel-image.ts";

const OPAQUE = 0xff000000;

/** Draws patches into a BGRX picture (format: patch-format.ts); keeps its scratch memory between calls. */
export class PatchDecoder {
  readonly #table = new Uint32Array(64);

  /**
   * Reads one patch from `bytes` (borrowed) at `offset` and draws it into `rect` of `image`; the unused byte becomes 255.
   * Gives the offset behind the patch. Throws WireError on anything but a whole patch, and never writes outside `rect`,
   * whose content is then undefined.
   */
  decode(bytes: Uint8Array, offset: number, image: PixelImage, rect: Rect): number {
    const { x, y, width, height } = rect;
    if (
      !(x >= 0 && y >= 0 && width > 0 && height > 0) ||
      x + width > image.width ||
      y + height > image.height
    )
      throw new WireError("malformed", "a patch lies outside the picture");
    const { pixels, stridePixels: stride } = image;
    const table = this.#table;
    table.fill(0);
    const length = bytes.length;
    const skip = stride - width;
    let at = offset;
    let previous = 0;
    let left = width * height;
    let to = y * stride + x;
    let rowEnd = to + width;
    const secondRow = to + stride;
    while (left > 0) {
      if (at >= length) throw new WireError("truncated", "a patch ends early");
      const op = bytes[at++]!;
      if (op >= Op.run && op < Op.rgb) {
        let count: number;
        let above: boolean;
        if (op >= Op.longRun) {
          if (at + 2 > length) throw new WireError("truncated", "a patch ends early");
          count = (bytes[at]! << 8) | bytes[at + 1]!;
          at += 2;
          above = op === Op.longAbove;
        } else {
          above = op >= Op.above;
          count = above ? op - Op.above + 1 : op - Op.run + 1;
        }
        if (count === 0 || count > left)
          throw new WireError("malformed", "a patch run leaves its rectangle");
        if (above && to < secondRow)
          throw new WireError("malformed", "a patch copies from above its rectangle");
        left -= count;
        while (count > 0) {
          const part = Math.min(count, rowEnd - to);
          if (above) {
            if (part < SHORT_ABOVE_MAX)
              for (let from = to - stride; from < to - stride + part; from++)
                pixels[from + stride] = pixels[from]!;
            else pixels.copyWithin(to, to - stride, to - stride + part);
          } else if (part < SHORT_RUN_MAX)
            for (let next = to; next < to + part; next++) pixels[next] = previous | OPAQUE;
          else pixels.fill(previous | OPAQUE, to, to + part);
          to += part;
          count -= part;
          if (above && count === 0) previous = pixels[to - 1]! & 0xffffff;
          if (to === rowEnd) {
            to += skip;
            rowEnd += stride;
          }
        }
        continue;
      }
      if (op < Op.diff) previous = table[op]!;
      else {
        if (op < Op.luma)
          previous =
            ((((previous >> 16) + ((op >> 4) & 3) - 2) & 255) << 16) |
            ((((previous >> 8) + ((op >> 2) & 3) - 2) & 255) << 8) |
            ((previous + (op & 3) - 2) & 255);
        else if (op < Op.run) {
          if (at >= length) throw new WireError("truncated", "a patch ends early");
          const green = (op & 63) - 32;
          const other = bytes[at++]!;
          previous =
            ((((previous >> 16) + green + (other >> 4) - 8) & 255) << 16) |
            ((((previous >> 8) + green) & 255) << 8) |
            ((previous + green + (other & 15) - 8) & 255);
        } else if (op === Op.rgb) {
          if (at + 3 > length) throw new WireError("truncated", "a patch ends early");
          previous = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
          at += 3;
        } else throw new WireError("malformed", "a reserved patch operation");
        table[Math.imul(previous, HASH_MULTIPLIER) >>> 26] = previous;
      }
      pixels[to++] = previous | OPAQUE;
      left--;
      if (to === rowEnd) {
        to += skip;
        rowEnd += stride;
      }
    }
    return at;
  }
}
