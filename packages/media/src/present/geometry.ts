/** Rectangle arithmetic of presenting: where a picture lies in a window, and which pixels of it a change touches. */
import type { Rect, Size } from "@wavry/rift-core";

/** The largest area of the picture's aspect inside the window, centred; the whole window if either is empty. */
export function pictureArea(window: Size, picture: Size): Rect {
  if (picture.width <= 0 || picture.height <= 0) return { x: 0, y: 0, ...sizeOf(window) };
  const scale = Math.min(window.width / picture.width, window.height / picture.height);
  const width = Math.max(1, Math.min(window.width, Math.round(picture.width * scale)));
  const height = Math.max(1, Math.min(window.height, Math.round(picture.height * scale)));
  return {
    x: (window.width - width) >> 1,
    y: (window.height - height) >> 1,
    width,
    height,
  };
}

/** The common part of two rectangles, or undefined. */
export function intersect(a: Rect, b: Rect): Rect | undefined {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** What is left of `rect` without `hole`: none to four rectangles that do not overlap. */
export function subtract(rect: Rect, hole: Rect): Rect[] {
  const cut = intersect(rect, hole);
  if (cut === undefined) return [rect];
  const right = rect.x + rect.width;
  const bottom = rect.y + rect.height;
  const cutRight = cut.x + cut.width;
  const cutBottom = cut.y + cut.height;
  return [
    { x: rect.x, y: rect.y, width: rect.width, height: cut.y - rect.y },
    { x: rect.x, y: cut.y, width: cut.x - rect.x, height: cut.height },
    { x: cutRight, y: cut.y, width: right - cutRight, height: cut.height },
    { x: rect.x, y: cutBottom, width: rect.width, height: bottom - cutBottom },
  ].filter((part) => part.width > 0 && part.height > 0);
}

/** The bars around `area` in a window: none to four rectangles. */
export function barsAround(window: Size, area: Rect): Rect[] {
  return subtract({ x: 0, y: 0, ...sizeOf(window) }, area);
}

/**
 * Which pixels of the scaled picture (relative to its own corner, `scaled` large) a change of `rect` in the picture
 * touches; a pixel more on each side for the filter's reach.
 */
export function scaleRect(rect: Rect, picture: Size, scaled: Size): Rect {
  const scaleX = scaled.width / picture.width;
  const scaleY = scaled.height / picture.height;
  const x = Math.max(0, Math.floor((rect.x - 1) * scaleX) - 1);
  const y = Math.max(0, Math.floor((rect.y - 1) * scaleY) - 1);
  const right = Math.min(scaled.width, Math.ceil((rect.x + rect.width + 1) * scaleX) + 1);
  const bottom = Math.min(scaled.height, Math.ceil((rect.y + rect.height + 1) * scaleY) + 1);
  return { x, y, width: right - x, height: bottom - y };
}

function sizeOf(size: Size): Size {
  return { width: size.width, height: size.height };
}
