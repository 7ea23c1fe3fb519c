import type { Rect, Size } from "@wavry/rift-core";
import type { Framebuffer } from "./framebuffer.ts";
import type { PointerSprite } from "./pointer-sprite.ts";

/** Puts a persistent BGRX picture onto a surface. Everything blocks; all of it belongs to one thread. */
export interface Presenter extends Disposable {
  /** The picture, black at first; replaced by `resizePicture`. */
  readonly framebuffer: Framebuffer;
  /** Gives the picture a new size and makes it black. */
  resizePicture(size: Size): void;
  /** Tells that the surface changed its size or lost its content; everything is shown anew. */
  resizeSurface(size: Size): void;
  /**
   * Shows `rects` of the framebuffer (inside it) and returns when the display has taken them.
   * Throws `MediaError` "display-lost" when the display is gone.
   */
  present(rects: readonly Rect[]): void;
  /** Lays lines of text over the top left of what is shown (never into the framebuffer), or takes them away. */
  setOverlay(lines: readonly string[] | undefined): void;
  /** Draws a pointer at a point of the picture (never into the framebuffer), or takes it away. */
  setPointer(sprite: PointerSprite | undefined, x: number, y: number): void;
}

/** The whole of a size. */
export function wholeOf(size: Size): Rect {
  return { x: 0, y: 0, width: size.width, height: size.height };
}
