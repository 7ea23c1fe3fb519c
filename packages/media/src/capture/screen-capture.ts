import type { Micros, Rect, Size } from "@wavry/rift-core";
import type { ScreenImage } from "../convert/screen-image.ts";

/** What ended a wait: something was drawn, time or a wake-up, a new screen size, or the end of the display. */
export type CaptureEvent = "damage" | "idle" | "resized" | "closed";

/** What `grab` brought into the image. */
export interface Grab {
  /** Few even-aligned rectangles inside the screen that cover every change since the last grab; may be empty. */
  readonly rects: readonly Rect[];
  /** When the first of these changes was noticed. */
  readonly noticedAt: Micros;
}

/** The pointer's picture. */
export interface PointerShape extends Size {
  /** Another number for another picture. */
  readonly serial: number;
  readonly hotX: number;
  readonly hotY: number;
  /** R, G, B, A (straight alpha), row by row; owned. */
  readonly rgba: Uint8Array;
}

/** Where the pointer's hot spot is, in pixels from the captured screen's corner; it may lie outside. */
export interface CursorPoint {
  readonly x: number;
  readonly y: number;
}

/** What is new about the pointer. */
export interface CursorNews {
  readonly shape?: PointerShape;
  readonly position?: CursorPoint;
}

/**
 * One screen, for a thread that may block. After creation and after `resize` the first grab is the whole screen.
 * A `wait` ends early, as "idle", when the thread is woken through the waker that the capture was opened with.
 */
export interface ScreenCapture extends Disposable {
  readonly size: Size;
  /** The persistent picture that `grab` keeps up to date; replaced by `resize`, gone with dispose. */
  readonly image: ScreenImage;
  /**
   * Blocks until something happens or the time is over. With `heedDamage` false, damage only adds up:
   * the wait then ends early for nothing but a wake-up.
   */
  wait(timeoutMicros: Micros, heedDamage: boolean): CaptureEvent;
  /** Brings everything that changed since the last grab into `image`, and nothing more. */
  grab(): Grab;
  /** Follows the screen to its new size, after "resized"; MediaError "display-lost" if it is gone. */
  resize(): void;
  /** While inactive, nothing is watched; when active again, the next grab is the whole screen. */
  setActive(active: boolean): void;
  /** What is new about the pointer since the last call; asks the display, so call it no more often than needed. */
  cursorNews(): CursorNews;
  /** Forgets what was told of the pointer, so that the next `cursorNews` tells all of it. */
  forgetCursor(): void;
}
