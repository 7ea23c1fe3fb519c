import type { MessagePort } from "node:worker_threads";
import type { Rect, Size } from "@wavry/rift-core";
import koffi from "koffi";
import { MediaError } from "../media-error.ts";
import type { Framebuffer } from "./framebuffer.ts";
import type { Presenter } from "./presenter.ts";
import { type SurfaceRequest, SurfaceState } from "./surface-protocol.ts";

/** A window's thread that does not answer for so long is taken for dead. */
const ANSWER_MILLIS = 5_000;

/**
 * Has the window's own thread draw through SDL, which allows no other: for Wayland, Windows and macOS.
 * Only the software renderer on X11 is verified.
 */
export class SdlPresenter implements Presenter {
  readonly #port: MessagePort;
  readonly #wake: () => void;
  readonly #stateMemory = new SharedArrayBuffer(8);
  readonly #state = new Int32Array(this.#stateMemory);
  #asked = 0;
  #framebuffer: Framebuffer;
  /** The texture is new, so that all of it must be uploaded. */
  #stale = true;

  constructor(port: MessagePort, wake: () => void) {
    this.#port = port;
    this.#wake = wake;
    this.#framebuffer = this.#newPicture({ width: 1, height: 1 });
  }

  get framebuffer(): Framebuffer {
    return this.#framebuffer;
  }

  resizePicture(size: Size): void {
    this.#framebuffer = this.#newPicture(size);
    this.#stale = true;
  }

  resizeSurface(): void {
    this.#ask({ type: "present", rects: "all" });
  }

  present(rects: readonly Rect[]): void {
    this.#ask({ type: "present", rects: this.#stale ? "all" : rects });
    this.#stale = false;
  }

  /** Not drawn here: windows that are not X11's show the host's pointer in absolute mode only. */
  setPointer(): void {}

  setOverlay(lines: readonly string[] | undefined): void {
    this.#ask({ type: "overlay", lines });
  }

  [Symbol.dispose](): void {
    this.#port.close();
  }

  #newPicture(size: Size): Framebuffer {
    const memory = new SharedArrayBuffer(size.width * size.height * 4);
    const pixels = new Uint32Array(memory);
    this.#ask({ type: "picture", memory, size, state: this.#stateMemory });
    return {
      width: size.width,
      height: size.height,
      stridePixels: size.width,
      pixels,
      address: Number(koffi.address(pixels)),
    };
  }

  #ask(request: SurfaceRequest): void {
    this.#port.postMessage(request);
    this.#wake();
    this.#asked++;
    const deadline = performance.now() + ANSWER_MILLIS;
    for (;;) {
      const done = Atomics.load(this.#state, SurfaceState.done);
      if (Atomics.load(this.#state, SurfaceState.failed) !== 0 || performance.now() > deadline)
        throw new MediaError("display-lost", "the window cannot draw any more");
      if (done >= this.#asked) return;
      Atomics.wait(this.#state, SurfaceState.done, done, ANSWER_MILLIS);
    }
  }
}
