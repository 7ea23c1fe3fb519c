import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Rect, Size } from "@wavry/rift-core";
import { MediaError } from "../media-error.ts";
import { pictureArea } from "./geometry.ts";
import { overlayScale, renderOverlay } from "./overlay.ts";
import { sdl, sdlError } from "./sdl-library.ts";
import type { SdlWindow } from "./sdl-window.ts";
import { type SurfaceRequest, SurfaceState } from "./surface-protocol.ts";

/** SDL_PIXELFORMAT_RGB888: 32 bits, B, G, R and an unused byte in memory. */
const FORMAT_BGRX = 0x16161804;
const ACCESS_STREAMING = 1;
const SCALE_LINEAR = 1;

/** The window's side of `SdlPresenter`: an SDL renderer (a GPU's where there is one) with a streaming texture. */
export class SdlSurface implements Disposable {
  readonly #window: SdlWindow;
  readonly #port: MessagePort;
  readonly #renderer: unknown;
  readonly #rect = new Int32Array(4);
  #texture: unknown = null;
  #overlay: unknown = null;
  #overlaySize: Size = { width: 0, height: 0 };
  #pixels = new Uint32Array(new SharedArrayBuffer(4));
  #picture: Size = { width: 0, height: 0 };
  #state: Int32Array | undefined;
  #open = true;

  constructor(window: SdlWindow, port: MessagePort) {
    this.#window = window;
    this.#port = port;
    this.#renderer = sdl().SDL_CreateRenderer(window.handle, -1, 0);
    if (this.#renderer === null)
      throw new MediaError("unavailable", `SDL has no renderer: ${sdlError()}`);
  }

  /** Does what the video thread has asked; whether there was anything. */
  handleRequests(): boolean {
    let any = false;
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return any;
      any = true;
      this.#handle(received.message as SurfaceRequest);
      const state = this.#state;
      if (state === undefined) continue;
      Atomics.add(state, SurfaceState.done, 1);
      Atomics.notify(state, SurfaceState.done);
    }
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#fail();
    if (this.#overlay !== null) sdl().SDL_DestroyTexture(this.#overlay);
    if (this.#texture !== null) sdl().SDL_DestroyTexture(this.#texture);
    sdl().SDL_DestroyRenderer(this.#renderer);
    this.#port.close();
  }

  #handle(request: SurfaceRequest): void {
    switch (request.type) {
      case "picture":
        this.#state = new Int32Array(request.state);
        this.#pixels = new Uint32Array(request.memory);
        this.#picture = request.size;
        if (this.#texture !== null) sdl().SDL_DestroyTexture(this.#texture);
        this.#texture = this.#createTexture(request.size);
        return;
      case "present":
        this.#upload(request.rects === "all" ? [{ x: 0, y: 0, ...this.#picture }] : request.rects);
        this.#draw();
        return;
      case "overlay":
        this.#setOverlay(request.lines);
        this.#draw();
        return;
    }
  }

  #createTexture(size: Size): unknown {
    const texture = sdl().SDL_CreateTexture(
      this.#renderer,
      FORMAT_BGRX,
      ACCESS_STREAMING,
      size.width,
      size.height,
    );
    if (texture === null) this.#fail();
    else sdl().SDL_SetTextureScaleMode(texture, SCALE_LINEAR);
    return texture;
  }

  #upload(rects: readonly Rect[]): void {
    if (this.#texture === null) return;
    const { width } = this.#picture;
    for (const rect of rects)
      sdl().SDL_UpdateTexture(
        this.#texture,
        this.#place(rect),
        this.#pixels.subarray(rect.y * width + rect.x),
        width * 4,
      );
  }

  #draw(): void {
    const renderer = this.#renderer;
    sdl().SDL_SetRenderDrawColor(renderer, 0, 0, 0, 255);
    sdl().SDL_RenderClear(renderer);
    const area = this.#place(pictureArea(this.#window.size, this.#picture));
    if (this.#texture !== null) sdl().SDL_RenderCopy(renderer, this.#texture, null, area);
    if (this.#overlay !== null)
      sdl().SDL_RenderCopy(
        renderer,
        this.#overlay,
        null,
        this.#place({ x: 0, y: 0, ...this.#overlaySize }),
      );
    sdl().SDL_RenderPresent(renderer);
  }

  #setOverlay(lines: readonly string[] | undefined): void {
    if (this.#overlay !== null) sdl().SDL_DestroyTexture(this.#overlay);
    this.#overlay = null;
    if (lines === undefined) return;
    const image = renderOverlay(lines, overlayScale(this.#window.size));
    const { width, height } = image;
    this.#overlaySize = { width, height };
    this.#overlay = this.#createTexture(image);
    if (this.#overlay !== null)
      sdl().SDL_UpdateTexture(this.#overlay, null, image.pixels, image.width * 4);
  }

  #place(rect: Rect): Int32Array {
    this.#rect.set([rect.x, rect.y, rect.width, rect.height]);
    return this.#rect;
  }

  #fail(): void {
    const state = this.#state;
    if (state === undefined) return;
    Atomics.store(state, SurfaceState.failed, 1);
    Atomics.add(state, SurfaceState.done, 1);
    Atomics.notify(state, SurfaceState.done);
  }
}
