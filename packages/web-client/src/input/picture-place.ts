import type { Size } from "@wavry/rift-core";
import { pixelToFraction } from "@wavry/rift-core/input";

/** A rectangle in CSS pixels of the viewport, which need not be whole. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the host's screen is shown. */
export interface PicturePlace {
  /** The picture itself, without the bars beside it. */
  readonly box: Box;
  /** The host's screen in its own pixels. */
  readonly screen: Size;
  /** Index of the display; default 0. */
  readonly display?: number;
}

/** Where a picture of `size` is within `box` if it fills it as far as its shape allows (`object-fit: contain`). */
export function containedBox(box: Box, size: Size): Box {
  if (size.width <= 0 || size.height <= 0) return { x: box.x, y: box.y, width: 0, height: 0 };
  const scale = Math.min(box.width / size.width, box.height / size.height);
  const width = size.width * scale;
  const height = size.height * scale;
  return {
    x: box.x + (box.width - width) / 2,
    y: box.y + (box.height - height) / 2,
    width,
    height,
  };
}

/**
 * The point of the host's screen under a point of the viewport, as 16-bit fractions; beside the picture its nearest
 * edge. Undefined while nothing is shown.
 */
export function fractionsAt(
  { box, screen }: PicturePlace,
  clientX: number,
  clientY: number,
): { x: number; y: number } | undefined {
  if (!(box.width > 0 && box.height > 0 && screen.width > 0 && screen.height > 0)) return undefined;
  return {
    x: pixelToFraction(pixelAt(clientX - box.x, box.width, screen.width), screen.width),
    y: pixelToFraction(pixelAt(clientY - box.y, box.height, screen.height), screen.height),
  };
}

/** A point that stands exactly on a pixel's edge must not fall on the pixel before by a rounding error. */
const ROUNDING = 1e-6;

function pixelAt(distance: number, shown: number, pixels: number): number {
  return Math.floor((distance * pixels) / shown + ROUNDING);
}
