import type { Rect } from "@wavry/rift-core";
import type { Size } from "../lib/sizes.ts";

const SIDE = 240;

/** The square in the middle of a screen where input is injected and recorded; no marker of the source lies there. */
export function inputArea(size: Size): Rect {
  const x = Math.floor((size.width - SIDE) / 2);
  return { x, y: Math.floor((size.height - SIDE) / 2), width: SIDE, height: SIDE };
}
