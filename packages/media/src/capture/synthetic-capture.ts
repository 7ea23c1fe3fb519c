import { DamageRegion } from "@wavry/media-core";
import type { Micros, Rect, Size } from "@wavry/rift-core";
import { createScreenImage, type ScreenImage } from "../convert/screen-image.ts";
import { monotonicMicros } from "./clock.ts";
import type { CaptureEvent, CursorNews, Grab, ScreenCapture } from "./screen-capture.ts";
import { POINTER_SHAPE, type SyntheticScreen } from "./synthetic-screen.ts";
import type { Waker } from "./waker.ts";

/** A made-up screen for machines without any display: it shows the pointer's trail, clicks and typed keys. */
export class SyntheticCapture implements ScreenCapture {
  readonly screen: SyntheticScreen;
  readonly #waker: Waker;
  #size: Size;
  #image: ScreenImage;
  #region: DamageRegion;
  #noticedAt: Micros = 0;
  #active = true;
  #shapeTold = false;
  #x = Number.NaN;
  #y = Number.NaN;
  #open = true;

  /** The screen draws what its controls ask for; changes show once `waker` was woken. */
  constructor(options: { screen: SyntheticScreen; waker: Waker }) {
    this.screen = options.screen;
    this.#waker = options.waker;
    this.#size = this.screen.size;
    this.#image = createScreenImage(this.#size);
    this.#region = new DamageRegion(this.#size);
    this.#noteWhole();
  }

  get size(): Size {
    return this.#size;
  }

  get image(): ScreenImage {
    return this.#image;
  }

  wait(timeoutMicros: Micros, heedDamage: boolean): CaptureEvent {
    const told = this.#look(heedDamage);
    if (told !== undefined) return told;
    this.#waker.sleep(timeoutMicros);
    return this.#look(heedDamage) ?? "idle";
  }

  grab(): Grab {
    this.#look(false);
    const noticedAt = this.#region.isEmpty ? monotonicMicros() : this.#noticedAt;
    const rects = this.#region.take();
    for (const rect of rects) this.screen.paint(this.#image, rect);
    return { rects, noticedAt };
  }

  resize(): void {
    this.#size = this.screen.size;
    this.#image = createScreenImage(this.#size);
    this.#region = new DamageRegion(this.#size);
    this.#noteWhole();
  }

  setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#region.clear();
    if (active) this.#noteWhole();
  }

  cursorNews(): CursorNews {
    const { x, y } = this.screen.pointer;
    const moved = x !== this.#x || y !== this.#y;
    const untold = !this.#shapeTold;
    this.#x = x;
    this.#y = y;
    this.#shapeTold = true;
    return {
      ...(untold ? { shape: POINTER_SHAPE } : undefined),
      ...(moved ? { position: { x, y } } : undefined),
    };
  }

  forgetCursor(): void {
    this.#shapeTold = false;
    this.#x = Number.NaN;
  }

  [Symbol.dispose](): void {
    this.#open = false;
  }

  #look(heedDamage: boolean): CaptureEvent | undefined {
    if (!this.#open || this.screen.isClosed) return "closed";
    const { width, height } = this.screen.size;
    if (width !== this.#size.width || height !== this.#size.height) return "resized";
    if (this.#active) for (const rect of this.screen.takeChanges()) this.#note(rect);
    return heedDamage && !this.#region.isEmpty ? "damage" : undefined;
  }

  #note(rect: Rect): void {
    if (this.#region.isEmpty) this.#noticedAt = monotonicMicros();
    this.#region.add(rect);
  }

  #noteWhole(): void {
    this.#noticedAt = monotonicMicros();
    this.#region.addScreen();
  }
}
