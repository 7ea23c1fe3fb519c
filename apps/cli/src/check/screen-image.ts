import { writeFileSync } from "node:fs";
import { type Rect, readPixels, rootSize, type XConnection } from "@wavry/x11";
import { encode } from "fast-png";

/** A picture of a whole display: packed BGRX rows. */
export interface ScreenImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Reads what stands on a display now. */
export function readScreen(connection: XConnection): ScreenImage {
  const { width, height } = rootSize(connection);
  const whole: Rect = { x: 0, y: 0, width, height };
  return { width, height, pixels: readPixels(connection, connection.root, whole) };
}

/** Writes a picture as PNG. */
export function writeScreenshot(path: string, { width, height, pixels }: ScreenImage): void {
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = pixels[from + 2]!;
    data[to + 1] = pixels[from + 1]!;
    data[to + 2] = pixels[from]!;
  }
  writeFileSync(path, encode({ width, height, data, channels: 3, depth: 8 }));
}

/**
 * How alike two pictures are: peak signal-to-noise ratio over red, green and blue in dB; Infinity if they
 * are equal, 0 if their sizes differ.
 */
export function pictureLikeness(a: ScreenImage, b: ScreenImage): number {
  if (a.width !== b.width || a.height !== b.height) return 0;
  let squares = 0;
  for (let at = 0; at < a.pixels.length; at++) {
    if ((at & 3) === 3) continue;
    const difference = a.pixels[at]! - b.pixels[at]!;
    squares += difference * difference;
  }
  const mean = squares / (a.width * a.height * 3);
  return mean === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(255 ** 2 / mean);
}
