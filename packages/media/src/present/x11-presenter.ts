import type { Rect, Size } from "@wavry/rift-core";
import { Painter, SharedImage, XConnection } from "@wavry/x11";
import { asMediaError } from "../capture/as-media-error.ts";
import { MediaError } from "../media-error.ts";
import type { Framebuffer } from "./framebuffer.ts";
import { barsAround, intersect, pictureArea, scaleRect, subtract } from "./geometry.ts";
import { overlayScale, renderOverlay } from "./overlay.ts";
import { blendSprite, type PointerSprite, spriteRect } from "./pointer-sprite.ts";
import { type Presenter, wholeOf } from "./presenter.ts";
import { openScaler, type Scaler } from "./scaler.ts";

const BLACK = 0;
/** Error codes of requests on a window that is gone (X11 protocol, §4). */
const BAD_WINDOW = 3;
const BAD_DRAWABLE = 9;

/** Which window an `X11Presenter` draws into. */
export interface X11PresenterOptions {
  readonly display: string | undefined;
  /** The window's XID; it may belong to another connection. */
  readonly window: number;
  /** The window's size now. */
  readonly surface: Size;
}

/** Presents through MIT-SHM: the framebuffer is a segment that the X server reads, so that no pixel is copied here. */
export class X11Presenter implements Presenter {
  readonly #connection: XConnection;
  readonly #window: number;
  readonly #painter: Painter;
  readonly #scale: Scaler = openScaler();
  #surface: Size;
  #picture: SharedPicture;
  /** The picture at the size in which it is shown, if that is another. */
  #scaled: SharedPicture | undefined;
  #overlay: SharedPicture | undefined;
  #overlayLines: readonly string[] | undefined;
  /** The pointer that is drawn over the picture, where it lies in the shown picture, and what was mixed for it. */
  #pointer: { sprite: PointerSprite; place: Rect; mixed: SharedPicture } | undefined;
  #area: Rect = { x: 0, y: 0, width: 1, height: 1 };
  /** Nothing of the window has been drawn since its geometry changed. */
  #stale = true;
  #open = true;

  /** `MediaError` "no-display" or "unavailable" (no MIT-SHM, another depth than 24 or 32 bits). */
  constructor(options: X11PresenterOptions) {
    const { connection, picture } = guarded(() => {
      const connection = XConnection.open(options.display);
      try {
        if (connection.rootDepth !== 24 && connection.rootDepth !== 32)
          throw new MediaError("unavailable", `a display of depth ${connection.rootDepth}`);
        const picture = new SharedPicture(connection, { width: 1, height: 1 });
        return { connection, picture };
      } catch (error) {
        connection[Symbol.dispose]();
        throw error;
      }
    });
    this.#connection = connection;
    this.#picture = picture;
    this.#window = options.window;
    this.#surface = options.surface;
    this.#painter = new Painter(connection, options.window);
  }

  get framebuffer(): Framebuffer {
    return this.#picture.framebuffer;
  }

  resizePicture(size: Size): void {
    guarded(() => {
      const next = new SharedPicture(this.#connection, size);
      this.#picture[Symbol.dispose]();
      this.#picture = next;
      this.#layOut();
    });
  }

  resizeSurface(size: Size): void {
    const { width, height } = this.#surface;
    this.#surface = size;
    guarded(() => {
      if (size.width !== width || size.height !== height) {
        this.#layOut();
        this.#drawOverlay(false);
      }
      this.#showAll();
      this.#finish();
    });
  }

  present(rects: readonly Rect[]): void {
    guarded(() => {
      if (this.#stale) this.#showAll();
      else {
        for (const rect of rects) this.#show(rect);
        if (rects.some((rect) => this.#coversPointer(rect))) this.#putPointer();
      }
      this.#finish();
    });
  }

  setOverlay(lines: readonly string[] | undefined): void {
    this.#overlayLines = lines;
    guarded(() => {
      if (lines === undefined) {
        this.#overlay?.[Symbol.dispose]();
        this.#overlay = undefined;
        this.#showAll();
      } else this.#drawOverlay(true);
      this.#finish();
    });
  }

  setPointer(sprite: PointerSprite | undefined, x: number, y: number): void {
    guarded(() => {
      const before = this.#pointer;
      this.#pointer = undefined;
      if (before !== undefined) this.#showPlace(before.place);
      if (sprite === undefined) before?.mixed[Symbol.dispose]();
      else {
        const { framebuffer } = this.#picture;
        const place = spriteRect(
          sprite,
          Math.round((x * this.#area.width) / framebuffer.width),
          Math.round((y * this.#area.height) / framebuffer.height),
        );
        let mixed = before?.mixed;
        if (before?.sprite !== sprite) {
          mixed?.[Symbol.dispose]();
          mixed = undefined;
        }
        this.#pointer = {
          sprite,
          place,
          mixed: mixed ?? new SharedPicture(this.#connection, sprite),
        };
        this.#putPointer();
      }
      this.#finish();
    });
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#pointer?.mixed[Symbol.dispose]();
    this.#overlay?.[Symbol.dispose]();
    this.#scaled?.[Symbol.dispose]();
    this.#picture[Symbol.dispose]();
    if (!this.#connection.isClosed) this.#painter[Symbol.dispose]();
    this.#connection[Symbol.dispose]();
  }

  #layOut(): void {
    const { framebuffer } = this.#picture;
    this.#area = pictureArea(this.#surface, framebuffer);
    this.#scaled?.[Symbol.dispose]();
    this.#scaled = undefined;
    if (this.#area.width !== framebuffer.width || this.#area.height !== framebuffer.height)
      this.#scaled = new SharedPicture(this.#connection, this.#area);
    this.#stale = true;
  }

  #showAll(): void {
    this.#stale = false;
    for (const bar of barsAround(this.#surface, this.#area))
      for (const part of this.#besideOverlay(bar)) this.#painter.fill(this.#window, part, BLACK);
    this.#show(wholeOf(this.#picture.framebuffer));
    this.#putPointer();
    this.#putOverlay();
  }

  /** The picture as it is shown: its own, or the scaled copy. */
  get #shown(): SharedPicture {
    return this.#scaled ?? this.#picture;
  }

  #coversPointer(rect: Rect): boolean {
    const place = this.#pointer?.place;
    if (place === undefined) return false;
    const shown =
      this.#scaled === undefined ? rect : scaleRect(rect, this.#picture.framebuffer, this.#area);
    return intersect(shown, place) !== undefined;
  }

  /** Shows again what lies at `place` of the shown picture. */
  #showPlace(place: Rect): void {
    const visible = intersect(place, wholeOf(this.#shown.framebuffer));
    if (visible === undefined) return;
    const { x, y } = this.#area;
    for (const part of this.#besideOverlay({ ...visible, x: visible.x + x, y: visible.y + y }))
      this.#shown.put(
        this.#window,
        this.#painter.gc,
        { ...part, x: part.x - x, y: part.y - y },
        part,
      );
  }

  #putPointer(): void {
    const pointer = this.#pointer;
    if (pointer === undefined) return;
    const { sprite, place, mixed } = pointer;
    const visible = intersect(place, wholeOf(this.#shown.framebuffer));
    if (visible === undefined) return;
    blendSprite(this.#shown.framebuffer, visible, sprite, place, mixed.framebuffer);
    const { x, y } = this.#area;
    const target = { ...visible, x: visible.x + x, y: visible.y + y };
    for (const part of this.#besideOverlay(target))
      mixed.put(
        this.#window,
        this.#painter.gc,
        { ...part, x: part.x - target.x, y: part.y - target.y },
        part,
      );
  }

  /** Puts one rectangle of the picture where it belongs, around the overlay. */
  #show(rect: Rect): void {
    const scaled = this.#scaled;
    let from = this.#picture;
    let source = rect;
    if (scaled !== undefined) {
      const { framebuffer } = this.#picture;
      source = scaleRect(rect, framebuffer, this.#area);
      this.#scale(framebuffer, scaled.framebuffer, this.#area, source);
      from = scaled;
    }
    const { x, y } = this.#area;
    const target = { ...source, x: source.x + x, y: source.y + y };
    for (const part of this.#besideOverlay(target))
      from.put(this.#window, this.#painter.gc, { ...part, x: part.x - x, y: part.y - y }, part);
  }

  #besideOverlay(rect: Rect): readonly Rect[] {
    return this.#overlay === undefined
      ? [rect]
      : subtract(rect, wholeOf(this.#overlay.framebuffer));
  }

  /** Renders the overlay anew; where its box has changed and `repair`, what it uncovers is shown again. */
  #drawOverlay(repair: boolean): void {
    const lines = this.#overlayLines;
    if (lines === undefined) return;
    const image = renderOverlay(lines, overlayScale(this.#surface));
    const before = this.#overlay?.framebuffer;
    const same = before?.width === image.width && before.height === image.height;
    if (!same) {
      this.#overlay?.[Symbol.dispose]();
      this.#overlay = new SharedPicture(this.#connection, image);
    }
    this.#overlay?.framebuffer.pixels.set(image.pixels);
    if (!same && repair) this.#showAll();
    else this.#putOverlay();
  }

  #putOverlay(): void {
    const overlay = this.#overlay;
    if (overlay === undefined) return;
    const visible = intersect(wholeOf(overlay.framebuffer), wholeOf(this.#surface));
    if (visible !== undefined) overlay.put(this.#window, this.#painter.gc, visible, visible);
  }

  /** Waits until the server has read the pixels, so that they may be painted over. */
  #finish(): void {
    this.#connection.sync();
    for (;;) {
      const event = this.#connection.pollEvent();
      if (event === undefined) return;
      const code = event.type === 0 ? event.u8[1] : 0;
      if (code === BAD_WINDOW || code === BAD_DRAWABLE)
        throw new MediaError("display-lost", "the window is gone");
    }
  }
}

/** A picture in a segment that the X server is attached to. */
class SharedPicture implements Disposable {
  readonly framebuffer: Framebuffer;
  readonly #image: SharedImage;

  constructor(connection: XConnection, size: Size) {
    const width = Math.max(1, size.width);
    const height = Math.max(1, size.height);
    this.#image = new SharedImage(connection, width * height * 4);
    this.framebuffer = {
      width,
      height,
      stridePixels: width,
      pixels: new Uint32Array(this.#image.bytes.buffer, this.#image.bytes.byteOffset),
      address: this.#image.memory.address,
    };
  }

  put(
    window: number,
    gc: number,
    rect: Rect,
    at: { readonly x: number; readonly y: number },
  ): void {
    this.#image.putImage(window, gc, this.framebuffer, rect, at.x, at.y);
  }

  [Symbol.dispose](): void {
    this.#image[Symbol.dispose]();
  }
}

/** Runs `action` and converts what it throws. */
function guarded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asMediaError(error);
  }
}
