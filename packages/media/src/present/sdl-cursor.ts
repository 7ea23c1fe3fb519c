import { sdl } from "./sdl-library.ts";
import type { CursorShape } from "./window-protocol.ts";

/** The pointer's picture over the window; keeps the one in use alive. */
export class SdlCursor implements Disposable {
  #current: unknown = null;

  /** Sets a picture, hides the pointer, or brings back the system's own. What SDL refuses changes nothing. */
  set(shape: CursorShape | "hidden" | "default", premultiply: boolean): void {
    if (shape === "hidden") {
      sdl().SDL_ShowCursor(0);
      return;
    }
    if (shape === "default") this.#use(null);
    else {
      const cursor = create(shape, premultiply);
      if (cursor === null) return;
      this.#use(cursor);
    }
    sdl().SDL_ShowCursor(1);
  }

  [Symbol.dispose](): void {
    this.#use(null);
  }

  #use(cursor: unknown): void {
    sdl().SDL_SetCursor(cursor ?? sdl().SDL_GetDefaultCursor());
    if (this.#current !== null) sdl().SDL_FreeCursor(this.#current);
    this.#current = cursor;
  }
}

function create(shape: CursorShape, premultiply: boolean): unknown {
  const { width, height, hotX, hotY } = shape;
  const pixels = premultiply ? premultiplied(shape.rgba) : shape.rgba;
  const surface = sdl().SDL_CreateRGBSurfaceFrom(
    pixels,
    width,
    height,
    32,
    width * 4,
    0x000000ff,
    0x0000ff00,
    0x00ff0000,
    0xff000000,
  );
  if (surface === null) return null;
  const cursor = sdl().SDL_CreateColorCursor(surface, hotX, hotY);
  sdl().SDL_FreeSurface(surface);
  return cursor;
}

/** X11 cursors are premultiplied, and SDL hands its pixels on as they are. */
function premultiplied(rgba: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(rgba);
  for (let at = 0; at < pixels.length; at += 4) {
    const alpha = pixels[at + 3] ?? 0;
    for (let channel = at; channel < at + 3; channel++)
      pixels[channel] = Math.round(((pixels[channel] ?? 0) * alpha) / 255);
  }
  return pixels;
}
