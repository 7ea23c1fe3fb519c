/** Plain windows, drawing and reading pixels: what tests, measurements and presenting need. */
import type { XConnection } from "./connection.ts";
import type { Rect } from "./rect.ts";
import { xcb } from "./xcb.ts";

const INPUT_OUTPUT = 1;
const CW_BACK_PIXEL = 1 << 1;
const CW_OVERRIDE_REDIRECT = 1 << 9;
const CW_EVENT_MASK = 1 << 11;
const GC_FOREGROUND = 1 << 2;
const GC_SUBWINDOW_MODE = 1 << 15;
const Z_PIXMAP = 2;

/** Core event codes (X11 protocol, appendix B). */
export const EventType = {
  keyPress: 2,
  keyRelease: 3,
  buttonPress: 4,
  buttonRelease: 5,
  motionNotify: 6,
  focusIn: 9,
  focusOut: 10,
  expose: 12,
  mapNotify: 19,
  configureNotify: 22,
  clientMessage: 33,
} as const;

/** Core event masks (X11 protocol, SETofEVENT). */
export const EventMask = {
  keyPress: 1,
  keyRelease: 2,
  buttonPress: 4,
  buttonRelease: 8,
  pointerMotion: 64,
  exposure: 32768,
  structureNotify: 131072,
  focusChange: 2097152,
} as const;

/** How a window is made. */
export interface WindowOptions extends Rect {
  /** Or of `EventMask`; default 0. */
  readonly events?: number;
  /** 0xRRGGBB; default black. */
  readonly background?: number;
  /** Keeps window managers away; default true. */
  readonly overrideRedirect?: boolean;
}

/** Makes and maps a window on the root; gives its id. */
export function createWindow(connection: XConnection, options: WindowOptions): number {
  const window = connection.generateId();
  const values = new Uint32Array([
    options.background ?? 0,
    (options.overrideRedirect ?? true) ? 1 : 0,
    options.events ?? 0,
  ]);
  xcb().xcb_create_window(
    connection.handle,
    connection.rootDepth,
    window,
    connection.root,
    options.x,
    options.y,
    options.width,
    options.height,
    0,
    INPUT_OUTPUT,
    connection.rootVisual,
    CW_BACK_PIXEL | CW_OVERRIDE_REDIRECT | CW_EVENT_MASK,
    values,
  );
  xcb().xcb_map_window(connection.handle, window);
  connection.flush();
  return window;
}

/** Destroys a window. */
export function destroyWindow(connection: XConnection, window: number): void {
  xcb().xcb_destroy_window(connection.handle, window);
  connection.flush();
}

/** Gives the keyboard to a window; it must be mapped. */
export function focusWindow(connection: XConnection, window: number): void {
  xcb().xcb_set_input_focus(connection.handle, 1, window, 0);
  connection.flush();
}

/** Draws filled rectangles and pictures; `overWindows` lets it paint the root through its children. */
export class Painter implements Disposable {
  readonly gc: number;
  readonly #connection: XConnection;
  readonly #rect = new Int16Array(4);
  readonly #values = new Uint32Array(2);
  #open = true;

  constructor(connection: XConnection, drawable: number, options?: { overWindows?: boolean }) {
    this.#connection = connection;
    this.gc = connection.generateId();
    this.#values[1] = options?.overWindows === true ? 1 : 0;
    xcb().xcb_create_gc(
      connection.handle,
      this.gc,
      drawable,
      GC_FOREGROUND | GC_SUBWINDOW_MODE,
      this.#values,
    );
  }

  /** Fills a rectangle with 0xRRGGBB; buffered until a flush. */
  fill(drawable: number, rect: Rect, colour: number): void {
    this.#values[0] = colour;
    xcb().xcb_change_gc(this.#connection.handle, this.gc, GC_FOREGROUND, this.#values);
    this.#rect[0] = rect.x;
    this.#rect[1] = rect.y;
    this.#rect[2] = rect.width;
    this.#rect[3] = rect.height;
    xcb().xcb_poly_fill_rectangle(this.#connection.handle, drawable, this.gc, 1, this.#rect);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    if (!this.#connection.isClosed) xcb().xcb_free_gc(this.#connection.handle, this.gc);
  }
}

/** Reads pixels as packed BGRX rows, through the socket; owned. */
export function readPixels(connection: XConnection, drawable: number, rect: Rect): Uint8Array {
  const cookie = xcb().xcb_get_image(
    connection.handle,
    Z_PIXMAP,
    drawable,
    rect.x,
    rect.y,
    rect.width,
    rect.height,
    0xffffffff,
  );
  return connection
    .takeReply(xcb().xcb_get_image_reply(connection.handle, cookie, null), "GetImage")
    .subarray(32, 32 + rect.width * rect.height * 4);
}

/** The children of a window, bottom first. */
export function childrenOf(connection: XConnection, window: number): number[] {
  const cookie = xcb().xcb_query_tree(connection.handle, window);
  const reply = connection.takeReply(
    xcb().xcb_query_tree_reply(connection.handle, cookie, null),
    "QueryTree",
  );
  const count = new Uint16Array(reply.buffer)[8] ?? 0;
  return Array.from(new Uint32Array(reply.buffer, 32, count));
}

/** Whether a window manager that keeps to EWMH runs (its `_NET_SUPPORTING_WM_CHECK` stands on the root window). */
export function hasWindowManager(connection: XConnection): boolean {
  const name = "_NET_SUPPORTING_WM_CHECK";
  const { handle, root } = connection;
  const atomCookie = xcb().xcb_intern_atom(handle, 1, name.length, name);
  const atom = connection.takeReply(
    xcb().xcb_intern_atom_reply(handle, atomCookie, null),
    "InternAtom",
  );
  const id = new Uint32Array(atom.buffer)[2] ?? 0;
  if (id === 0) return false;
  const cookie = xcb().xcb_get_property(handle, 0, root, id, 0, 0, 1);
  const reply = connection.takeReply(
    xcb().xcb_get_property_reply(handle, cookie, null),
    "GetProperty",
  );
  return (new Uint32Array(reply.buffer)[4] ?? 0) > 0;
}

/** A window's WM_NAME, or "" if it has none. */
export function windowName(connection: XConnection, window: number): string {
  const WM_NAME = 39;
  const cookie = xcb().xcb_get_property(connection.handle, 0, window, WM_NAME, 0, 0, 256);
  const reply = connection.takeReply(
    xcb().xcb_get_property_reply(connection.handle, cookie, null),
    "GetProperty",
  );
  const length = new Uint32Array(reply.buffer)[4] ?? 0;
  return new TextDecoder().decode(reply.subarray(32, 32 + Math.min(length, reply.length - 32)));
}
