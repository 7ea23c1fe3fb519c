import type { Rect, Size } from "@wavry/rift-core";
import type { Framebuffer } from "./framebuffer.ts";

/** A pointer to draw into what is shown, for modes in which the system shows none. */
export interface PointerSprite extends Size {
  /** The point of the sprite that points. */
  readonly hotX: number;
  readonly hotY: number;
  /** R, G, B, A (straight alpha), row by row. */
  readonly rgba: Uint8Array;
}

/** Where a sprite that points at `x`, `y` lies. */
export function spriteRect(sprite: PointerSprite, x: number, y: number): Rect {
  const { width, height, hotX, hotY } = sprite;
  return { x: x - hotX, y: y - hotY, width, height };
}

/**
 * Lays the sprite, its corner at `at`, over the part `visible` of `below` and writes the result to the top left of
 * `out`, which is at least as large as `visible`.
 */
export function blendSprite(
  below: Framebuffer,
  visible: Rect,
  sprite: PointerSprite,
  at: { readonly x: number; readonly y: number },
  out: Framebuffer,
): void {
  for (let row = 0; row < visible.height; row++) {
    const from = (visible.y + row) * below.stridePixels + visible.x;
    const to = row * out.stridePixels;
    let source = ((visible.y + row - at.y) * sprite.width + visible.x - at.x) * 4;
    for (let column = 0; column < visible.width; column++, source += 4) {
      const pixel = below.pixels[from + column] ?? 0;
      const alpha = sprite.rgba[source + 3] ?? 0;
      const mix = (shift: number, over: number): number => {
        const under = (pixel >> shift) & 255;
        return Math.round(under + ((over - under) * alpha) / 255) << shift;
      };
      out.pixels[to + column] =
        mix(16, sprite.rgba[source] ?? 0) |
        mix(8, sprite.rgba[source + 1] ?? 0) |
        mix(0, sprite.rgba[source + 2] ?? 0);
    }
  }
}
