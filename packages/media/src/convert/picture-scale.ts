import { alignRect } from "@wavry/media-core";
import type { Rect, Size } from "@wavry/rift-core";

/** What the sides of the coded picture may be, as parts of the screen's sides; best first. */
export const PICTURE_SCALES = [1, 0.75, 0.5] as const;
/** One of `PICTURE_SCALES`. */
export type PictureScale = (typeof PICTURE_SCALES)[number];

/** A screen with a shorter side is never scaled. */
const MIN_SCALED_SIDE = 16;
/** Pixels beside a place that filters of either direction mix into it. */
const FILTER_REACH = 2;
/** Pixels of the screen beside a change that a picture of any scale, brought back to the screen's size, lets it touch. */
export const SCALED_HALO = 4;

/** The best scale that is no more than `wish`, or else the smallest. */
export function pictureScaleFor(wish: number): PictureScale {
  return PICTURE_SCALES.find((scale) => scale <= wish) ?? 0.5;
}

/** Size of the coded picture of a screen: its sides by `scale`, made even; no larger than the screen if it is scaled. */
export function pictureSizeOf(screen: Size, scale: PictureScale): Size {
  const factor = Math.min(screen.width, screen.height) < MIN_SCALED_SIDE ? 1 : scale;
  const side = (length: number): number => (Math.round(length * factor) + 1) & ~1;
  return { width: side(screen.width), height: side(screen.height) };
}

/** Whether a picture is that of the screen pixel by pixel (rounded up to even), and not a scaled one. */
export function isFullSize(picture: Size, screen: Size): boolean {
  return (
    picture.width === ((screen.width + 1) & ~1) && picture.height === ((screen.height + 1) & ~1)
  );
}

/**
 * The part of a picture of size `to` that belongs to `rect` of one of size `from`, of which it is scaled: all that
 * either depends on, grown to even pixels. Not less than exact, and inside `to`.
 */
export function scaledRect(rect: Rect, from: Size, to: Size): Rect {
  const x = Math.floor((rect.x * to.width) / from.width) - FILTER_REACH;
  const y = Math.floor((rect.y * to.height) / from.height) - FILTER_REACH;
  const right = Math.ceil(((rect.x + rect.width) * to.width) / from.width) + FILTER_REACH;
  const bottom = Math.ceil(((rect.y + rect.height) * to.height) / from.height) + FILTER_REACH;
  const grown = { x, y, width: right - x, height: bottom - y };
  return alignRect(grown, to) ?? { x: 0, y: 0, width: to.width, height: to.height };
}

/** The parts of a screen's picture that belong to `rects` of the screen: just these, unless the picture is scaled. */
export function partsOf(rects: readonly Rect[], screen: Size, picture: Size): readonly Rect[] {
  if (isFullSize(picture, screen)) return rects;
  return rects.map((rect) => scaledRect(rect, screen, picture));
}
