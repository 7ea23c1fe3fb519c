import { alignRect } from "@wavry/media-core";
import type { Rect, Size } from "@wavry/rift-core";
import type { ScreenImage } from "../convert/screen-image.ts";
import type { PointerShape } from "./screen-capture.ts";

/** Words of the shared memory: state, then a ring of fills of six words each. */
const Word = {
  width: 0,
  height: 1,
  pointerX: 2,
  pointerY: 3,
  closed: 4,
  fills: 5,
  ring: 6,
} as const;
const RING_FILLS = 256;
const FILL_WORDS = 5;
const BACKGROUND = 0xff28303c;
const GRID = 0xff343e4c;
const CELL = 32;
const KEY_WIDTH = 10;
const KEY_HEIGHT = 16;

/** The hand that moves a synthetic screen, from any thread: shared memory that `SyntheticScreen` reads. */
export class SyntheticControls {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  #typed = 0;

  /** Makes a screen of `size` pixels, or takes the other end of one's `memory`. */
  constructor(from: Size | SharedArrayBuffer) {
    const shared = from instanceof SharedArrayBuffer;
    this.memory = shared ? from : new SharedArrayBuffer((Word.ring + RING_FILLS * FILL_WORDS) * 4);
    this.#words = new Int32Array(this.memory);
    if (!shared) this.resize(from);
  }

  resize(size: Size): void {
    Atomics.store(this.#words, Word.width, size.width);
    Atomics.store(this.#words, Word.height, size.height);
  }

  /** Moves the pointer; with a button held, it leaves a trail of dots. */
  movePointer(x: number, y: number, pressed = false): void {
    Atomics.store(this.#words, Word.pointerX, x);
    Atomics.store(this.#words, Word.pointerY, y);
    if (pressed) this.fill({ x: x - 3, y: y - 3, width: 6, height: 6 }, 0xe0e4ea);
  }

  /** Shows that a key went down: a block of a colour of its own, in the next place of a line of text. */
  typeKey(usage: number): void {
    const columns = Math.max(1, Math.floor((this.#words[Word.width] ?? 0) / KEY_WIDTH) - 2);
    const place = this.#typed++;
    this.fill(
      {
        x: KEY_WIDTH * (1 + (place % columns)),
        y: KEY_HEIGHT * (1 + (Math.floor(place / columns) % 8)) * 1.5,
        width: KEY_WIDTH - 2,
        height: KEY_HEIGHT,
      },
      Math.imul(usage + 1, 0x9e3779b1) >>> 8,
    );
  }

  /** Fills a rectangle with 0xRRGGBB. Of more than 256 fills that were not yet shown the oldest are lost. */
  fill(rect: Rect, colour: number): void {
    const count = this.#words[Word.fills] ?? 0;
    const at = Word.ring + (count % RING_FILLS) * FILL_WORDS;
    this.#words.set([rect.x, rect.y, rect.width, rect.height, colour], at);
    Atomics.store(this.#words, Word.fills, count + 1);
  }

  /** Ends the screen, as an unplugged display would. */
  close(): void {
    Atomics.store(this.#words, Word.closed, 1);
  }
}

/** The screen itself, in the thread that captures it. */
export class SyntheticScreen {
  readonly #words: Int32Array;
  #canvas = new Uint32Array(0);
  #size: Size = { width: 0, height: 0 };
  #shown: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#shown = Atomics.load(this.#words, Word.fills);
  }

  get size(): Size {
    return {
      width: Atomics.load(this.#words, Word.width),
      height: Atomics.load(this.#words, Word.height),
    };
  }

  get isClosed(): boolean {
    return Atomics.load(this.#words, Word.closed) !== 0;
  }

  get pointer(): { x: number; y: number } {
    return {
      x: Atomics.load(this.#words, Word.pointerX),
      y: Atomics.load(this.#words, Word.pointerY),
    };
  }

  /** Draws what was asked for since the last call and gives where. */
  takeChanges(): Rect[] {
    this.#prepare();
    const count = Atomics.load(this.#words, Word.fills);
    const changes: Rect[] = [];
    this.#shown = Math.max(this.#shown, count - RING_FILLS);
    for (; this.#shown < count; this.#shown++) {
      const at = Word.ring + (this.#shown % RING_FILLS) * FILL_WORDS;
      const [x = 0, y = 0, width = 0, height = 0, colour = 0] = this.#words.subarray(at, at + 5);
      const left = Math.max(0, x);
      const right = Math.min(this.#size.width, x + width);
      const bottom = Math.min(this.#size.height, y + height);
      for (let row = Math.max(0, y); row < bottom && left < right; row++) {
        const start = row * this.#size.width;
        this.#canvas.fill((colour | 0xff000000) >>> 0, start + left, start + right);
      }
      const changed = alignRect({ x, y, width, height }, this.#size);
      if (changed !== undefined) changes.push(changed);
    }
    return changes;
  }

  /** Copies a rectangle of the screen into `image`. */
  paint(image: ScreenImage, rect: Rect): void {
    this.#prepare();
    for (let row = rect.y; row < rect.y + rect.height; row++) {
      const from = row * this.#size.width + rect.x;
      image.pixels.set(
        this.#canvas.subarray(from, from + rect.width),
        row * image.stridePixels + rect.x,
      );
    }
  }

  #prepare(): void {
    const { width, height } = this.size;
    if (width === this.#size.width && height === this.#size.height) return;
    this.#size = { width, height };
    this.#canvas = new Uint32Array(width * height).fill(BACKGROUND);
    for (let y = 0; y < height; y += CELL) this.#canvas.fill(GRID, y * width, (y + 1) * width);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x += CELL) this.#canvas[y * width + x] = GRID;
  }
}

/** An arrow. */
export const POINTER_SHAPE: PointerShape = (() => {
  const width = 12;
  const height = 18;
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (x * 18 > y * 12 || x + y > 20) continue;
      const edge = x === 0 || (x + 1) * 18 > y * 12 || x + y > 18;
      rgba.set(edge ? [0, 0, 0, 255] : [255, 255, 255, 255], (y * width + x) * 4);
    }
  return { serial: 1, width, height, hotX: 0, hotY: 0, rgba };
})();
