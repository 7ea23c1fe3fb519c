import type { PixelImage } from "@wavry/media-core";
import { readScreenUpdate, type ScreenUpdate } from "@wavry/rift-core";
import { H264Decoder } from "../../src/decode/h264-decoder.ts";
import type { PicturePainter } from "../../src/decode/picture-painter.ts";
import { MemoryPresenter } from "../../src/present/memory-presenter.ts";
import { UpdateApplier } from "../../src/present/update-applier.ts";
import type { BenchClient } from "./pump-bench.ts";

/** The real decoding side, in memory; fails on any update that it drops. */
export class ApplierClient implements BenchClient {
  readonly updates: ScreenUpdate[] = [];
  readonly #decoder = new H264Decoder();
  readonly #painter: PicturePainter;
  readonly #presenter = new MemoryPresenter();
  readonly #applier: UpdateApplier;

  /** Owns `painter`. */
  constructor(painter: PicturePainter) {
    this.#painter = painter;
    this.#applier = new UpdateApplier({
      decoder: this.#decoder,
      painter,
      presenter: this.#presenter,
      now: () => 0,
    });
  }

  get image(): PixelImage {
    return this.#presenter.framebuffer;
  }

  paint(update: Uint8Array): void {
    this.updates.push(readScreenUpdate(update));
    const { dropped } = this.#applier.apply(update, true);
    if (dropped !== undefined) throw new Error(`an update was dropped: ${dropped}`);
  }

  [Symbol.dispose](): void {
    this.#painter[Symbol.dispose]();
    this.#decoder[Symbol.dispose]();
  }
}
