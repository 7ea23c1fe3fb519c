import type { Size } from "@wavry/rift-core";
import koffi from "koffi";
import type { Framebuffer } from "./framebuffer.ts";
import type { Presenter } from "./presenter.ts";

/** Makes a black framebuffer in ordinary memory. */
export function allocateFramebuffer(size: Size): Framebuffer {
  // An ArrayBuffer of its own never moves; a small typed array may live on the JavaScript heap.
  const pixels = new Uint32Array(new ArrayBuffer(Math.max(1, size.width * size.height) * 4));
  return {
    width: size.width,
    height: size.height,
    stridePixels: size.width,
    pixels,
    address: Number(koffi.address(pixels)),
  };
}

/** Shows nothing: the picture stands in memory only, for use without a display. */
export class MemoryPresenter implements Presenter {
  #framebuffer = allocateFramebuffer({ width: 1, height: 1 });

  get framebuffer(): Framebuffer {
    return this.#framebuffer;
  }

  resizePicture(size: Size): void {
    this.#framebuffer = allocateFramebuffer(size);
  }

  resizeSurface(): void {}

  present(): void {}

  setOverlay(): void {}

  setPointer(): void {}

  [Symbol.dispose](): void {}
}
