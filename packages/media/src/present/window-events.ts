/** What a window tells of: its input, already filtered, and its own changes. */

/** A key went down or up; `usage` is a USB HID usage of page 7 (keyboard), which is the physical position. */
export interface KeyEvent {
  readonly type: "key";
  readonly usage: number;
  readonly down: boolean;
}

/** The pointer stands over a pixel of the picture, told by the 16-bit fractions of `pixelToFraction`. */
export interface PointerEvent {
  readonly type: "pointer";
  readonly x: number;
  readonly y: number;
}

/** The mouse moved by a distance in its own units (relative mouse mode only). */
export interface MotionEvent {
  readonly type: "motion";
  readonly dx: number;
  readonly dy: number;
}

/** A mouse button; `button` is a USB HID usage of page 9: 1 left, 2 right, 3 middle, 4 back, 5 forward. */
export interface ButtonEvent {
  readonly type: "button";
  readonly button: number;
  readonly down: boolean;
}

/** The wheel turned, in 1/120 notch: `dx` to the right, `dy` away from the user. */
export interface WheelEvent {
  readonly type: "wheel";
  readonly dx: number;
  readonly dy: number;
}

/** The keyboard came or went. On going, "up" events for everything that was held come first. */
export interface FocusEvent {
  readonly type: "focus";
  readonly focused: boolean;
}

/** The window has a new size in pixels. */
export interface ResizeEvent {
  readonly type: "resize";
  readonly width: number;
  readonly height: number;
}

/** The window lost its content and must be drawn anew. */
export interface ExposeEvent {
  readonly type: "expose";
}

/** The user wants to leave: by the window's own button, or by the chord. */
export interface CloseEvent {
  readonly type: "close";
  readonly by: "window" | "chord";
}

/** Fullscreen or relative mouse mode changed, by a chord or a call. */
export interface ModeEvent {
  readonly type: "mode";
  readonly fullscreen: boolean;
  readonly relativeMouse: boolean;
}

/** The chord for the statistics overlay. */
export interface StatisticsEvent {
  readonly type: "statistics";
}

/** What goes to the host. */
export type InputEvent =
  | KeyEvent
  | PointerEvent
  | MotionEvent
  | ButtonEvent
  | WheelEvent
  | FocusEvent;

/** Everything that a window tells of. */
export type WindowEvent =
  | InputEvent
  | ResizeEvent
  | ExposeEvent
  | CloseEvent
  | ModeEvent
  | StatisticsEvent;
