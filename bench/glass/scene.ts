/**
 * What the source draws and the watcher reads: markers that carry a number, and a strip that carries a frame counter.
 * Everything is black and white enough, and large enough, to survive lossy coding; pixels are 0x00RRGGBB.
 */
import type { Size } from "../lib/sizes.ts";

/** A point on the screen. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Side of a marker: 48 rows of one colour, and below them four blocks that spell its number. */
export const MARKER_PIXELS = 64;

/** How many markers there are. */
export const MARKERS = 4;

/** A marker's number counts modulo this; its lowest bit is the colour of the large part. */
export const MARKER_NUMBERS = 16;

/** The number of every marker before its first flip. */
export const FIRST_NUMBER = 5;

/** What a screen without markers reads as: black and white. No marker gets these numbers. */
export const BLANK_NUMBERS: readonly number[] = [0, MARKER_NUMBERS - 1];

/** The number after a flip: it changes the colour, and comes back after fourteen. */
export function nextNumber(number: number): number {
  return (number % (MARKER_NUMBERS - 2)) + 1;
}

/** The frame counter counts modulo this. */
export const COUNTER_FRAMES = 4096;

/** The line of text-like noise that changes with each marker, as a terminal or an editor would. */
export const TEXT_LINE: Size = { width: 400, height: 20 };

const BLOCK = 16;
const COUNTER_BITS = 12;
const SOLID_ROWS = 48;
const DARK = 0x101828;
const LIGHT = 0xf0e8d0;
const GREEN_THRESHOLD = 0x80;
const SOLID_POINTS: readonly Point[] = [
  { x: 32, y: 24 },
  { x: 20, y: 14 },
  { x: 44, y: 14 },
  { x: 20, y: 36 },
  { x: 44, y: 36 },
];

/** The four places of the markers, aligned to 16 pixels, away from the middle where the pointer rests. */
export function markerPlaces(size: Size): readonly Point[] {
  const place = (x: number, y: number): Point => ({
    x: Math.floor((size.width * x) / BLOCK) * BLOCK,
    y: Math.floor((size.height * y) / BLOCK) * BLOCK,
  });
  return [place(0.1, 0.1), place(0.62, 0.2), place(0.15, 0.6), place(0.62, 0.78)];
}

/** Where a marker's line of text goes: under it. */
export function textPlace(marker: Point): Point {
  return { x: marker.x, y: marker.y + MARKER_PIXELS };
}

/** Where the frame counter's strip goes (12 blocks of 16 pixels in a row). */
export function counterPlace(size: Size): Point {
  return { x: Math.floor(size.width / 2 / BLOCK) * BLOCK - 6 * BLOCK, y: 2 * BLOCK };
}

/** Width and height of the frame counter's strip. */
export const COUNTER_SIZE: Size = { width: COUNTER_BITS * BLOCK, height: BLOCK };

/** Fills a rectangle of a picture whose rows are `stride` pixels apart. */
export function fillRect(
  pixels: Uint32Array,
  stride: number,
  at: Point,
  size: Size,
  colour: number,
): void {
  for (let y = at.y; y < at.y + size.height; y++)
    pixels.fill(colour, y * stride + at.x, y * stride + at.x + size.width);
}

/** Draws a marker with a number below `MARKER_NUMBERS`. */
export function drawMarker(pixels: Uint32Array, stride: number, at: Point, number: number): void {
  const solid = { width: MARKER_PIXELS, height: SOLID_ROWS };
  fillRect(pixels, stride, at, solid, (number & 1) === 1 ? LIGHT : DARK);
  for (let bit = 0; bit < 4; bit++)
    fillRect(
      pixels,
      stride,
      { x: at.x + bit * BLOCK, y: at.y + SOLID_ROWS },
      { width: BLOCK, height: BLOCK },
      ((number >> bit) & 1) === 1 ? LIGHT : DARK,
    );
}

function isLight(pixel: number): boolean {
  return ((pixel >> 8) & 0xff) >= GREEN_THRESHOLD;
}

/** Reads a marker: its number, or -1 while its parts disagree (half drawn, or nothing there). */
export function readMarker(pixels: Uint32Array, stride: number, at: Point): number {
  const first = isLight(pixels[(at.y + 24) * stride + at.x + 32]!);
  for (const point of SOLID_POINTS)
    if (isLight(pixels[(at.y + point.y) * stride + at.x + point.x]!) !== first) return -1;
  let number = 0;
  const row = (at.y + SOLID_ROWS + BLOCK / 2) * stride + at.x + BLOCK / 2;
  for (let bit = 0; bit < 4; bit++) if (isLight(pixels[row + bit * BLOCK]!)) number |= 1 << bit;
  return ((number & 1) === 1) === first ? number : -1;
}

/** Draws a frame counter, in Gray code: a picture torn between two neighbouring frames reads as one of them. */
export function drawCounter(pixels: Uint32Array, stride: number, at: Point, frame: number): void {
  const number = frame % COUNTER_FRAMES;
  const gray = number ^ (number >> 1);
  for (let bit = 0; bit < COUNTER_BITS; bit++)
    fillRect(
      pixels,
      stride,
      { x: at.x + bit * BLOCK, y: at.y },
      { width: BLOCK, height: BLOCK },
      ((gray >> bit) & 1) === 1 ? LIGHT : DARK,
    );
}

/** Reads a frame counter; any picture gives a number below `COUNTER_FRAMES`. */
export function readCounter(pixels: Uint32Array, stride: number, at: Point): number {
  const row = (at.y + BLOCK / 2) * stride + at.x + BLOCK / 2;
  let number = 0;
  let above = 0;
  for (let bit = COUNTER_BITS - 1; bit >= 0; bit--) {
    above ^= isLight(pixels[row + bit * BLOCK]!) ? 1 : 0;
    number |= above << bit;
  }
  return number;
}
