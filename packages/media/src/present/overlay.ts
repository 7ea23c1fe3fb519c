import type { Size } from "@wavry/rift-core";
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphRows } from "./bitmap-font.ts";

/** Lines and columns that are drawn at most. */
const MAX_LINES = 40;
const MAX_COLUMNS = 100;
const BACKGROUND = 0xff101418;
const FOREGROUND = 0xffe8f0f0;
const PADDING = 4;
const LINE_HEIGHT = GLYPH_HEIGHT + 3;
const ADVANCE = GLYPH_WIDTH + 1;

/** An opaque box of text as packed BGRX pixels, `width` a row. */
export interface OverlayImage extends Size {
  readonly pixels: Uint32Array;
}

/** Draws lines of text, each dot `scale` pixels wide and high. */
export function renderOverlay(lines: readonly string[], scale: number): OverlayImage {
  const shown = lines.slice(0, MAX_LINES).map((line) => Array.from(line).slice(0, MAX_COLUMNS));
  const columns = Math.max(1, ...shown.map((line) => line.length));
  const width = (columns * ADVANCE + 2 * PADDING) * scale;
  const height = (shown.length * LINE_HEIGHT + 2 * PADDING) * scale;
  const pixels = new Uint32Array(width * height).fill(BACKGROUND);
  for (const [row, line] of shown.entries())
    for (const [column, character] of line.entries())
      for (const [dotY, bits] of glyphRows(character).entries())
        for (let dotX = 0; dotX < GLYPH_WIDTH; dotX++) {
          if (((bits >> (GLYPH_WIDTH - 1 - dotX)) & 1) === 0) continue;
          const x = (PADDING + column * ADVANCE + dotX) * scale;
          const y = (PADDING + row * LINE_HEIGHT + dotY) * scale;
          for (let line = y; line < y + scale; line++)
            pixels.fill(FOREGROUND, line * width + x, line * width + x + scale);
        }
  return { width, height, pixels };
}

/** How large the dots of the overlay should be on a surface. */
export function overlayScale(surface: Size): number {
  return Math.max(1, Math.floor(surface.height / 480));
}
