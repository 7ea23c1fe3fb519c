import { PatchDecoder, type PixelImage } from "@wavry/media-core";
import { readScreenUpdate, type ScreenUpdate, UpdateCodec } from "@wavry/rift-core";
import { TestDecoder } from "./test-decoder.ts";

/** What a client does with updates, as plainly as possible: a BGRX picture that each update repaints parts of. */
export class TestClient implements Disposable {
  image: PixelImage = { width: 0, height: 0, stridePixels: 0, pixels: new Uint32Array(0) };
  readonly updates: ScreenUpdate[] = [];
  readonly #decoder: TestDecoder;
  readonly #patches = new PatchDecoder();

  private constructor(decoder: TestDecoder) {
    this.#decoder = decoder;
  }

  static async open(): Promise<TestClient> {
    return new TestClient(await TestDecoder.open());
  }

  /** Paints one update; fails on any that does not decode. */
  paint(bytes: Uint8Array): void {
    const update = readScreenUpdate(bytes);
    this.updates.push(update);
    const { width, height } = update.screen;
    if (width !== this.image.width || height !== this.image.height) {
      if (!update.keyframe) throw new Error("a new size began without a keyframe");
      this.image = { width, height, stridePixels: width, pixels: new Uint32Array(width * height) };
    }
    if (update.codec === UpdateCodec.patch) {
      let at = 0;
      for (const rect of update.rects)
        at = this.#patches.decode(update.payload, at, this.image, rect);
      if (at !== update.payload.length) throw new Error("bytes behind the last patch");
      return;
    }
    const picture = this.#decoder.decode(update.payload);
    for (const { x, y, width: columns, height: rows } of update.rects)
      for (let row = y; row < y + rows; row++)
        this.image.pixels.set(
          picture.pixels.subarray(
            row * picture.stridePixels + x,
            row * picture.stridePixels + x + columns,
          ),
          row * width + x,
        );
  }

  [Symbol.dispose](): void {
    this.#decoder[Symbol.dispose]();
  }
}

/** Whether the colours of two pictures are equal everywhere. */
export function sameColours(a: PixelImage, b: PixelImage): boolean {
  if (a.width !== b.width || a.height !== b.height) return false;
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++)
      if (
        ((a.pixels[y * a.stridePixels + x] ?? 0) & 0xffffff) !==
        ((b.pixels[y * b.stridePixels + x] ?? 0) & 0xffffff)
      )
        return false;
  return true;
}
