import { PatchDecoder, pictureFit } from "@wavry/media-core";
import type { Rect, Size } from "@wavry/rift-core";
import type { Surface } from "./surface.ts";

/** The canvas that holds the host's screen, pixel by pixel. */
export class CanvasSurface implements Surface {
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #patches = new PatchDecoder();
  #size: Size | undefined;
  /** BGRX as patches are decoded, and the same memory as canvases want it. */
  #pixels = new Uint32Array(0);
  #bytes = new Uint8ClampedArray(0);

  /** Takes the canvas over. Throws TypeError where it has a context of another kind already. */
  constructor(canvas: OffscreenCanvas) {
    this.#canvas = canvas;
    const context = canvas.getContext("2d", { alpha: false, desynchronized: true });
    if (context === null) throw new TypeError("the canvas cannot be drawn on");
    this.#context = context;
  }

  /** The host's screen; undefined before the first picture. */
  get size(): Size | undefined {
    return this.#size;
  }

  /** The canvas takes another size, and is black. */
  resize(size: Size): void {
    this.#canvas.width = size.width;
    this.#canvas.height = size.height;
    this.#size = { ...size };
  }

  /** Repaints rectangles of the screen from a picture (borrowed) of it. False where the picture cannot be of this screen. */
  drawPicture(picture: VideoFrame, rects: readonly Rect[]): boolean {
    const screen = this.#size;
    if (screen === undefined) return false;
    const width = picture.displayWidth;
    const height = picture.displayHeight;
    const fit = pictureFit({ width, height }, screen);
    if (fit === undefined) return false;
    const context = this.#context;
    const [first] = rects;
    if (fit === "exact" && rects.length === 1 && first !== undefined) {
      const { x, y, width: w, height: h } = first;
      context.drawImage(picture, x, y, w, h, x, y, w, h);
      return true;
    }
    // Of a scaled picture all is drawn and clipped, so that what lies beside a rectangle shines into it as it would in the whole.
    context.save();
    context.beginPath();
    for (const rect of rects) context.rect(rect.x, rect.y, rect.width, rect.height);
    context.clip();
    if (fit === "exact") context.drawImage(picture, 0, 0);
    else {
      context.imageSmoothingEnabled = true;
      context.imageSmoothingQuality = "low";
      context.drawImage(picture, 0, 0, screen.width, screen.height);
    }
    context.restore();
    return true;
  }

  /** Draws patches (borrowed), one after another for each rectangle. Throws WireError on malformed ones. */
  drawPatches(payload: Uint8Array, rects: readonly Rect[]): void {
    let offset = 0;
    for (const { x, y, width, height } of rects) {
      const count = width * height;
      if (this.#pixels.length < count) {
        this.#pixels = new Uint32Array(count);
        this.#bytes = new Uint8ClampedArray(this.#pixels.buffer);
      }
      const pixels = this.#pixels;
      const image = { width, height, stridePixels: width, pixels };
      offset = this.#patches.decode(payload, offset, image, { x: 0, y: 0, width, height });
      for (let index = 0; index < count; index++) {
        const pixel = pixels[index]!;
        pixels[index] = (pixel & 0xff00ff00) | ((pixel & 0xff) << 16) | ((pixel >> 16) & 0xff);
      }
      this.#context.putImageData(
        new ImageData(this.#bytes.subarray(0, count * 4), width, height),
        x,
        y,
      );
    }
  }

  /** What is shown now; the caller's. */
  async snapshot(): Promise<ImageBitmap | undefined> {
    return this.#size === undefined ? undefined : await createImageBitmap(this.#canvas);
  }
}
