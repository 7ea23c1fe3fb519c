import { LibyuvPainter } from "./libyuv-painter.ts";
import type { PicturePainter } from "./picture-painter.ts";
import { SwscalePainter } from "./swscale-painter.ts";

/** The fastest painter that this machine has: libyuv, or swscale where it is missing. */
export function openPainter(): PicturePainter {
  try {
    return new LibyuvPainter();
  } catch {
    return new SwscalePainter();
  }
}
