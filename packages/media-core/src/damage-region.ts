import type { Rect, Size } from "@wavry/rift-core";

/** Pixels that two rectangles may waste together and still become one: about what handling a rectangle more costs. */
const CHEAP_WASTE_PIXELS = 1024;

/** Whether two rectangles share a pixel. */
export function rectsOverlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** The smallest rectangle that holds both. */
export function boundingRect(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/** Moves a rectangle's edges outwards to even coordinates (what 4:2:0 pictures need) and cuts it at `bounds`; undefined if nothing is left. */
export function alignRect(rect: Rect, bounds: Size): Rect | undefined {
  const x = Math.max(0, rect.x) & ~1;
  const y = Math.max(0, rect.y) & ~1;
  const right = Math.min(bounds.width, (rect.x + rect.width + 1) & ~1);
  const bottom = Math.min(bounds.height, (rect.y + rect.height + 1) & ~1);
  if (right <= x || bottom <= y) return undefined;
  return { x, y, width: right - x, height: bottom - y };
}

/**
 * What changed on a screen, as a few even-aligned rectangles that cover every one that was added.
 * Rectangles are joined when that wastes little, and always when there would be more than `maxRects`;
 * their areas never add up to more than the screen's.
 */
export class DamageRegion {
  readonly #bounds: Size;
  readonly #maxRects: number;
  #rects: Rect[] = [];
  #pixelCount = 0;

  constructor(bounds: Size, maxRects = 16) {
    this.#bounds = bounds;
    this.#maxRects = maxRects;
  }

  /** The rectangles now; owned by the region and valid until its next change. */
  get rects(): readonly Rect[] {
    return this.#rects;
  }

  /** The sum of the areas. */
  get pixelCount(): number {
    return this.#pixelCount;
  }

  get isEmpty(): boolean {
    return this.#rects.length === 0;
  }

  /** Adds a rectangle; what lies outside the screen is cut off. */
  add(rect: Rect): void {
    let added = alignRect(rect, this.#bounds);
    if (added === undefined) return;
    // Each join may bring the new rectangle within reach of another.
    for (let index = 0; index < this.#rects.length; ) {
      const other = this.#rects[index]!;
      const joined = boundingRect(added, other);
      if (waste(added, other, joined) <= allowance(joined)) {
        added = joined;
        this.#remove(index);
        index = 0;
      } else index++;
    }
    this.#rects.push(added);
    this.#pixelCount += added.width * added.height;
    if (this.#rects.length > this.#maxRects) this.#joinCheapest();
    if (this.#pixelCount > this.#bounds.width * this.#bounds.height) this.#joinAll();
  }

  addAll(rects: Iterable<Rect>): void {
    for (const rect of rects) this.add(rect);
  }

  /** Makes the region the whole screen. */
  addScreen(): void {
    this.clear();
    this.add({ x: 0, y: 0, ...this.#bounds });
  }

  clear(): void {
    this.#rects = [];
    this.#pixelCount = 0;
  }

  /** Empties the region and hands its rectangles over. */
  take(): readonly Rect[] {
    const rects = this.#rects;
    this.clear();
    return rects;
  }

  #remove(index: number): void {
    const rect = this.#rects[index]!;
    this.#pixelCount -= rect.width * rect.height;
    this.#rects.splice(index, 1);
  }

  #joinCheapest(): void {
    const rects = this.#rects;
    let best = Number.POSITIVE_INFINITY;
    let first = 0;
    let second = 1;
    for (let i = 0; i < rects.length; i++)
      for (let j = i + 1; j < rects.length; j++) {
        const cost = waste(rects[i]!, rects[j]!, boundingRect(rects[i]!, rects[j]!));
        if (cost >= best) continue;
        best = cost;
        first = i;
        second = j;
      }
    const joined = boundingRect(rects[first]!, rects[second]!);
    this.#remove(second);
    this.#remove(first);
    this.add(joined);
  }

  #joinAll(): void {
    const joined = this.#rects.reduce(boundingRect);
    this.clear();
    this.#rects.push(joined);
    this.#pixelCount = joined.width * joined.height;
  }
}

/** Pixels that a joined rectangle holds beyond its two parts; below zero where they overlap. */
function waste(a: Rect, b: Rect, joined: Rect): number {
  return joined.width * joined.height - a.width * a.height - b.width * b.height;
}

function allowance(joined: Rect): number {
  return Math.max(CHEAP_WASTE_PIXELS, (joined.width * joined.height) >> 3);
}
