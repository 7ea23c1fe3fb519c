import type { Rect } from "@wavry/rift-core";
import {
  type CursorImage,
  CursorWatch,
  queryPointer,
  type XConnection,
  type XEvent,
} from "@wavry/x11";
import type { CursorNews, CursorPoint, PointerShape } from "./screen-capture.ts";

/** Larger pointers are cut: nobody's wire or window takes them. */
const MAX_CURSOR_SIDE = 256;

/** The pointer of an X display: its shape by XFIXES events, its place by asking. */
export class X11Cursor {
  readonly #connection: XConnection;
  readonly #watch: CursorWatch;
  #shapeChanged = true;
  #x = Number.NaN;
  #y = Number.NaN;
  #serial = -1;

  constructor(connection: XConnection) {
    this.#connection = connection;
    this.#watch = new CursorWatch(connection);
  }

  /** Takes note of an event; gives whether it was about the pointer. */
  heed(event: XEvent): boolean {
    const mine = this.#watch.isChange(event);
    if (mine) this.#shapeChanged = true;
    return mine;
  }

  /** What is new, with positions from the corner of `area`. */
  news(area: Rect): CursorNews {
    let shape: PointerShape | undefined;
    if (this.#shapeChanged) {
      this.#shapeChanged = false;
      const image = this.#watch.read();
      if (image.serial !== this.#serial) {
        this.#serial = image.serial;
        shape = shapeOf(image);
      }
    }
    const { x, y } = queryPointer(this.#connection);
    let position: CursorPoint | undefined;
    if (x !== this.#x || y !== this.#y) {
      this.#x = x;
      this.#y = y;
      position = { x: x - area.x, y: y - area.y };
    }
    return {
      ...(shape === undefined ? undefined : { shape }),
      ...(position === undefined ? undefined : { position }),
    };
  }

  forget(): void {
    this.#shapeChanged = true;
    this.#serial = -1;
    this.#x = Number.NaN;
  }
}

/** Straight alpha, cut to `MAX_CURSOR_SIDE`, with the hot spot inside. */
function shapeOf(image: CursorImage): PointerShape {
  const width = Math.min(image.width, MAX_CURSOR_SIDE);
  const height = Math.min(image.height, MAX_CURSOR_SIDE);
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const pixel = image.pixels[y * image.width + x] ?? 0;
      const alpha = pixel >>> 24;
      if (alpha === 0) continue;
      const at = (y * width + x) * 4;
      rgba[at] = straight((pixel >> 16) & 255, alpha);
      rgba[at + 1] = straight((pixel >> 8) & 255, alpha);
      rgba[at + 2] = straight(pixel & 255, alpha);
      rgba[at + 3] = alpha;
    }
  return {
    // The wire keeps 0 for "none".
    serial: image.serial === 0 ? 1 : image.serial,
    width,
    height,
    hotX: Math.min(image.hotX, Math.max(0, width - 1)),
    hotY: Math.min(image.hotY, Math.max(0, height - 1)),
    rgba,
  };
}

function straight(premultiplied: number, alpha: number): number {
  return Math.min(255, Math.round((premultiplied * 255) / alpha));
}
