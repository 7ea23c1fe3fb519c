/** Pictures made from a seed: a photograph-like texture to pan over, and lines that look like text. */
import type { Point } from "./scene.ts";

const TILE = 1024;

/** A seeded source of numbers from 0 up to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Adds one octave of value noise that repeats every `TILE` pixels. */
function addOctave(out: Float32Array, cell: number, weight: number, random: () => number): void {
  const side = TILE / cell;
  const lattice = Float32Array.from({ length: side * side }, () => (random() * 2 - 1) * weight);
  for (let y = 0; y < TILE; y++) {
    const row = Math.floor(y / cell);
    const v = (y % cell) / cell;
    const ease = v * v * (3 - 2 * v);
    const above = row * side;
    const below = ((row + 1) % side) * side;
    for (let x = 0; x < TILE; x++) {
      const column = Math.floor(x / cell);
      const next = (column + 1) % side;
      const u = (x % cell) / cell;
      const slide = u * u * (3 - 2 * u);
      const top = lattice[above + column]! * (1 - slide) + lattice[above + next]! * slide;
      const bottom = lattice[below + column]! * (1 - slide) + lattice[below + next]! * slide;
      out[y * TILE + x]! += top * (1 - ease) + bottom * ease;
    }
  }
}

function octaves(cells: readonly [cell: number, weight: number][], random: () => number) {
  const out = new Float32Array(TILE * TILE);
  for (const [cell, weight] of cells) addOctave(out, cell, weight, random);
  return out;
}

/** Fills `out` (`width` pixels a row, 0x00RRGGBB) with a texture whose octaves weigh nearly the same, as those of photographs do. */
export function paintTexture(out: Uint32Array, width: number, seed: number): void {
  const random = seededRandom(seed);
  const detail: [number, number][] = [
    [256, 34],
    [128, 34],
    [64, 34],
    [32, 34],
    [16, 34],
    [8, 34],
    [4, 24],
    [2, 12],
  ];
  const light = octaves(detail, random);
  const warm = octaves([[128, 40]], random);
  const tile = new Uint32Array(TILE * TILE);
  for (let i = 0; i < tile.length; i++) {
    const base = 120 + light[i]! + (random() * 6 - 3);
    const red = Math.min(255, Math.max(0, base + warm[i]!));
    const blue = Math.min(255, Math.max(0, base - warm[i]!));
    const green = Math.min(255, Math.max(0, base));
    tile[i] = (red << 16) | (green << 8) | blue;
  }
  const height = out.length / width;
  for (let y = 0; y < height; y++) {
    const row = tile.subarray((y % TILE) * TILE, (y % TILE) * TILE + TILE);
    for (let x = 0; x < width; x += TILE)
      out.set(x + TILE <= width ? row : row.subarray(0, width - x), y * width + x);
  }
}

/** Fills a packed picture with dark strokes on a light ground, in cells of 8 pixels like letters. */
export function paintTextLine(
  out: Uint32Array,
  width: number,
  height: number,
  random: () => number,
): void {
  out.fill(0xf8f8f4);
  for (let cell = 0; cell + 8 <= width; cell += 8) {
    if (random() < 0.16) continue;
    const strokes = 2 + Math.floor(random() * 3);
    for (let stroke = 0; stroke < strokes; stroke++) {
      const upright = random() < 0.5;
      const x = cell + 1 + Math.floor(random() * 5);
      const y = 4 + Math.floor(random() * 9);
      const length = 3 + Math.floor(random() * (upright ? 7 : 3));
      for (let step = 0; step < length; step++) {
        const px = upright ? x : Math.min(cell + 7, x + step);
        const py = upright ? Math.min(height - 3, y + step) : y;
        out[py * width + px] = 0x202028;
      }
    }
  }
}

function bounce(distance: number, range: number): number {
  const phase = distance % (2 * range);
  return phase < range ? phase : 2 * range - phase;
}

/** Where the screen's corner lies on the picture in a frame: a steady pan that turns at the edges. */
export function panOffset(frame: number, rangeX: number, rangeY: number): Point {
  return { x: bounce(frame * 6, rangeX), y: bounce(frame * 2, rangeY) };
}
