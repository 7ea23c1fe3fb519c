import { DamageRegion } from "@wavry/media-core";
import type { Micros, Rect, Size } from "@wavry/rift-core";

/** Side of a tile in pixels. */
export const TILE = 64;

const EXACT = -1;

/** Which tiles of the client's picture were last painted with loss, and when that was. */
export class LossyMap {
  readonly #size: Size;
  readonly #columns: number;
  readonly #rows: number;
  readonly #paintedAt: Float64Array;
  #count = 0;

  constructor(size: Size) {
    this.#size = size;
    this.#columns = Math.ceil(size.width / TILE);
    this.#rows = Math.ceil(size.height / TILE);
    this.#paintedAt = new Float64Array(this.#columns * this.#rows).fill(EXACT);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Notes that `rect` was painted with loss: every tile that it touches. */
  mark(rect: Rect, now: Micros): void {
    const right = Math.ceil((rect.x + rect.width) / TILE);
    const bottom = Math.ceil((rect.y + rect.height) / TILE);
    for (let row = Math.floor(rect.y / TILE); row < bottom; row++)
      for (let column = Math.floor(rect.x / TILE); column < right; column++) {
        const index = row * this.#columns + column;
        if (this.#paintedAt[index] === EXACT) this.#count++;
        this.#paintedAt[index] = now;
      }
  }

  /** Notes that `rect` was painted without loss: every tile that lies wholly inside it. */
  clear(rect: Rect): void {
    const right = rect.x + rect.width;
    const bottom = rect.y + rect.height;
    const lastColumn = right >= this.#size.width ? this.#columns : Math.floor(right / TILE);
    const lastRow = bottom >= this.#size.height ? this.#rows : Math.floor(bottom / TILE);
    for (let row = Math.ceil(rect.y / TILE); row < lastRow; row++)
      for (let column = Math.ceil(rect.x / TILE); column < lastColumn; column++) {
        const index = row * this.#columns + column;
        if (this.#paintedAt[index] !== EXACT) this.#count--;
        this.#paintedAt[index] = EXACT;
      }
  }

  /** `rect` grown by `pixels` on each side where that adds nothing but parts of lossy tiles, inside the screen. */
  grow(rect: Rect, pixels: number): Rect {
    let { x, y } = rect;
    let right = x + rect.width;
    let bottom = y + rect.height;
    const left = Math.max(0, x - pixels);
    if (this.#isLossy(left, y, x, bottom)) x = left;
    const farRight = Math.min(this.#size.width, right + pixels);
    if (this.#isLossy(right, y, farRight, bottom)) right = farRight;
    const top = Math.max(0, y - pixels);
    if (this.#isLossy(x, top, right, y)) y = top;
    const farBottom = Math.min(this.#size.height, bottom + pixels);
    if (this.#isLossy(x, bottom, right, farBottom)) bottom = farBottom;
    return { x, y, width: right - x, height: bottom - y };
  }

  /** When the longest unchanged lossy tile was painted; undefined if there is none. */
  oldest(): Micros | undefined {
    if (this.#count === 0) return undefined;
    let oldest = Number.POSITIVE_INFINITY;
    for (const paintedAt of this.#paintedAt)
      if (paintedAt !== EXACT && paintedAt < oldest) oldest = paintedAt;
    return oldest;
  }

  /** The first lossy tile painted no later than `before`, with up to `maxTiles - 1` such tiles on its right. */
  nextRun(before: Micros, maxTiles: number): Rect | undefined {
    const ripe = (index: number): boolean => {
      const paintedAt = this.#paintedAt[index] ?? EXACT;
      return paintedAt !== EXACT && paintedAt <= before;
    };
    for (let row = 0; row < this.#rows; row++)
      for (let column = 0; column < this.#columns; column++) {
        const first = row * this.#columns + column;
        if (!ripe(first)) continue;
        const most = Math.min(maxTiles, this.#columns - column);
        let tiles = 1;
        while (tiles < most && ripe(first + tiles)) tiles++;
        return this.#rectOf(column, row, tiles);
      }
    return undefined;
  }

  /** The lossy tiles as at most `maxRects` rectangles that may cover other tiles too. */
  region(maxRects: number): readonly Rect[] {
    const region = new DamageRegion(this.#size, maxRects);
    for (let row = 0; row < this.#rows; row++)
      for (let column = 0; column < this.#columns; ) {
        const first = row * this.#columns + column;
        let tiles = 0;
        while (column + tiles < this.#columns && this.#paintedAt[first + tiles] !== EXACT) tiles++;
        if (tiles > 0) region.add(this.#rectOf(column, row, tiles));
        column += tiles + 1;
      }
    return region.take();
  }

  /** Whether all tiles that a part of the screen touches are lossy. */
  #isLossy(left: number, top: number, right: number, bottom: number): boolean {
    for (let row = Math.floor(top / TILE); row * TILE < bottom; row++)
      for (let column = Math.floor(left / TILE); column * TILE < right; column++)
        if (this.#paintedAt[row * this.#columns + column] === EXACT) return false;
    return true;
  }

  #rectOf(column: number, row: number, tiles: number): Rect {
    const x = column * TILE;
    const y = row * TILE;
    return {
      x,
      y,
      width: Math.min(tiles * TILE, this.#size.width - x),
      height: Math.min(TILE, this.#size.height - y),
    };
  }
}
