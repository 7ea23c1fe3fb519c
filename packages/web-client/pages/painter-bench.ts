import { CanvasSurface } from "../src/show/canvas-surface.ts";
import { UpdatePainter } from "../src/show/update-painter.ts";

/** What a painter has done, for tests. */
export interface PainterState {
  readonly shown: number;
  readonly dropped: number;
  readonly keyframesNeeded: number;
  readonly screens: readonly string[];
}

/** A painter over a canvas of its own, fed by a test. */
export class PainterBench {
  readonly #surface = new CanvasSurface(new OffscreenCanvas(1, 1));
  readonly #painter: UpdatePainter;
  #shown = 0;
  #keyframesNeeded = 0;
  readonly #screens: string[] = [];

  constructor() {
    this.#painter = new UpdatePainter({
      surface: this.#surface,
      now: () => performance.now() * 1000,
      onKeyframeNeeded: () => this.#keyframesNeeded++,
      onScreenSize: ({ width, height }) => this.#screens.push(`${width}x${height}`),
      onShown: () => this.#shown++,
    });
  }

  /** Takes an update in base64. */
  push(update: string, contiguous: boolean): void {
    this.#painter.push(Uint8Array.fromBase64(update), contiguous);
  }

  state(): PainterState {
    return {
      shown: this.#shown,
      dropped: this.#painter.dropped,
      keyframesNeeded: this.#keyframesNeeded,
      screens: this.#screens,
    };
  }

  /** The picture as R, G, B, A in base64. */
  async pixels(): Promise<string> {
    const picture = await this.#surface.snapshot();
    if (picture === undefined) return "";
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext("2d");
    context?.drawImage(picture, 0, 0);
    const image = context?.getImageData(0, 0, picture.width, picture.height);
    return new Uint8Array(image?.data.buffer ?? []).toBase64();
  }
}
