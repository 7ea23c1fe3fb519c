import type { Rect, Size } from "@wavry/rift-core";
import { usageFromSdlScancode } from "@wavry/rift-core/input";
import { hasWindowManager, XConnection } from "@wavry/x11";
import { MediaError } from "../media-error.ts";
import { pictureArea } from "./geometry.ts";
import { InputFilter } from "./input-filter.ts";
import { SdlCursor } from "./sdl-cursor.ts";
import { SdlEventQueue } from "./sdl-event-queue.ts";
import {
  INIT_VIDEO,
  SdlEventType,
  SdlWindowEvent,
  sdl,
  sdlError,
  WINDOW_POSITION_CENTRED,
  WindowFlag,
  withEnvironment,
} from "./sdl-library.ts";
import type { WindowEvent } from "./window-events.ts";
import type { CursorShape, WindowSettings } from "./window-protocol.ts";
import { guardDisplay, guardXlib, xlibDescriptor } from "./xlib-guard.ts";

const SYSWM_X11 = 2;
/** HID usages of the buttons that SDL numbers 1 left, 2 middle, 3 right, 4 back, 5 forward. */
const BUTTON_USAGES = [0, 1, 3, 2, 4, 5];

/** One SDL window with its events. Everything belongs to the thread that made it; there may be one a process. */
export class SdlWindow implements Disposable {
  /** Xlib's socket, if it is an X11 window. */
  readonly x11Descriptor: number | undefined;
  /** The `SDL_Window *`. */
  readonly handle: unknown;
  readonly #settings: WindowSettings;
  readonly #filter = new InputFilter();
  readonly #queue = new SdlEventQueue();
  readonly #cursor = new SdlCursor();
  #size: Size;
  #picture: Size = { width: 0, height: 0 };
  #area: Rect;
  #fullscreen: boolean;
  #relative = false;
  #lost = false;
  #open = true;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
    this.#fullscreen = settings.fullscreen;
    initialise(settings.display);
    this.handle = createWindow(settings);
    const native = x11Handles(this.handle);
    this.x11Descriptor = native === undefined ? undefined : xlibDescriptor(native.display);
    if (native !== undefined) guardDisplay(native.display);
    // Composed text would swallow dead keys; the wire carries key positions.
    sdl().SDL_StopTextInput();
    this.#size = this.#readSize();
    this.#area = pictureArea(this.#size, this.#picture);
    this.#applyKeyboardGrab();
  }

  /** The window's size in pixels. */
  get size(): Size {
    return this.#size;
  }

  /** The window's XID, if it is an X11 window; a renderer may have changed it. */
  get x11Window(): number | undefined {
    return this.#lost ? undefined : x11Handles(this.handle)?.window;
  }

  /** Handles everything that has arrived; gives what to tell, in order (mostly nothing). */
  pump(): WindowEvent[] {
    if (!this.#lost) while (this.#queue.next()) this.#handle();
    return this.#filter.take();
  }

  /** The display is gone: SDL is not called any more, as it would wait for it for ever. */
  markLost(): void {
    this.#lost = true;
    this.#filter.focus(false);
  }

  setTitle(title: string): void {
    if (!this.#lost) sdl().SDL_SetWindowTitle(this.handle, title);
  }

  setSize(size: Size): void {
    if (!this.#lost) sdl().SDL_SetWindowSize(this.handle, size.width, size.height);
  }

  /** The size of what is shown, by which pointer positions are measured. */
  setPicture(size: Size): void {
    this.#picture = size;
    this.#area = pictureArea(this.#size, size);
  }

  setFullscreen(on: boolean | "toggle"): void {
    const next = on === "toggle" ? !this.#fullscreen : on;
    if (this.#lost || next === this.#fullscreen) return;
    this.#fullscreen = next;
    sdl().SDL_SetWindowFullscreen(this.handle, next ? WindowFlag.fullscreenDesktop : 0);
    this.#applyKeyboardGrab();
    this.#tellMode();
  }

  setRelativeMouse(on: boolean | "toggle"): void {
    const next = on === "toggle" ? !this.#relative : on;
    if (this.#lost || next === this.#relative) return;
    // It fails where a display has no raw motion; the mode then stays as it is.
    if (sdl().SDL_SetRelativeMouseMode(next ? 1 : 0) === 0) this.#relative = next;
    this.#tellMode();
  }

  setCursor(shape: CursorShape | "hidden" | "default"): void {
    if (!this.#lost) this.#cursor.set(shape, this.x11Window !== undefined);
  }

  raise(): void {
    if (!this.#lost) sdl().SDL_RaiseWindow(this.handle);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#lost) return;
    this.#cursor[Symbol.dispose]();
    sdl().SDL_DestroyWindow(this.handle);
    sdl().SDL_QuitSubSystem(INIT_VIDEO);
  }

  #handle(): void {
    const queue = this.#queue;
    switch (queue.type) {
      case SdlEventType.keyDown:
      case SdlEventType.keyUp: {
        const letter = queue.keySymbol < 128 ? String.fromCharCode(queue.keySymbol) : "";
        const usage = usageFromSdlScancode(queue.scancode);
        if (usage !== undefined) this.#key(usage, queue.type === SdlEventType.keyDown, letter);
        return;
      }
      case SdlEventType.mouseMotion:
        if (this.#relative) this.#filter.motion(queue.motionDx, queue.motionDy);
        else this.#filter.pointer(queue.motionX, queue.motionY, this.#area);
        return;
      case SdlEventType.buttonDown:
      case SdlEventType.buttonUp: {
        const usage = BUTTON_USAGES[queue.button];
        if (!this.#relative) this.#filter.pointer(queue.buttonX, queue.buttonY, this.#area);
        if (usage !== undefined) this.#filter.button(usage, queue.type === SdlEventType.buttonDown);
        return;
      }
      case SdlEventType.wheel:
        this.#filter.wheel(queue.wheelX, queue.wheelY);
        return;
      case SdlEventType.window:
        this.#handleWindow(queue.windowEvent);
        return;
      default:
        return;
    }
  }

  #handleWindow(kind: number): void {
    switch (kind) {
      case SdlWindowEvent.exposed:
        this.#filter.add({ type: "expose" });
        return;
      case SdlWindowEvent.sizeChanged:
        this.#size = this.#readSize();
        this.#area = pictureArea(this.#size, this.#picture);
        this.#filter.add({ type: "resize", ...this.#size });
        return;
      case SdlWindowEvent.focusGained:
        this.#filter.focus(true);
        return;
      case SdlWindowEvent.focusLost:
        this.#filter.focus(false);
        return;
      case SdlWindowEvent.close:
        this.#filter.add({ type: "close", by: "window" });
        return;
      default:
        return;
    }
  }

  #key(usage: number, down: boolean, letter: string): void {
    switch (this.#filter.key(usage, down, letter)) {
      case "quit":
        this.#filter.add({ type: "close", by: "chord" });
        return;
      case "fullscreen":
        this.setFullscreen("toggle");
        return;
      case "relative":
        this.setRelativeMouse("toggle");
        return;
      case "statistics":
        this.#filter.add({ type: "statistics" });
        return;
      default:
        return;
    }
  }

  #tellMode(): void {
    this.#filter.add({
      type: "mode",
      fullscreen: this.#fullscreen,
      relativeMouse: this.#relative,
    });
  }

  #applyKeyboardGrab(): void {
    const wish = this.#settings.grabKeyboard;
    const grab = wish === "always" || (wish === "fullscreen" && this.#fullscreen);
    sdl().SDL_SetWindowKeyboardGrab(this.handle, grab ? 1 : 0);
  }

  #readSize(): Size {
    const size = new Int32Array(2);
    sdl().SDL_GetWindowSize(this.handle, size.subarray(0, 1), size.subarray(1));
    return { width: size[0] ?? 0, height: size[1] ?? 0 };
  }
}

function initialise(display: string | undefined): void {
  if (process.platform === "linux") guardXlib();
  const hints = {
    SDL_NO_SIGNAL_HANDLERS: "1",
    SDL_APP_NAME: "Wavry",
    SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR: "0",
    SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS: "0",
    SDL_MOUSE_FOCUS_CLICKTHROUGH: "1",
    SDL_MOUSE_RELATIVE_SCALING: "0",
  };
  for (const [name, value] of Object.entries(hints)) sdl().SDL_SetHint(name, value);
  // The C locale and no input method leave dead keys and compositions to the host.
  const environment: Record<string, string> = { LC_ALL: "C", XMODIFIERS: "@im=none" };
  const shown = display ?? process.env.DISPLAY;
  if (shown !== undefined && process.platform === "linux") {
    environment.DISPLAY = shown;
    environment.SDL_VIDEO_X11_WMCLASS = "wavry";
    environment.SDL_VIDEODRIVER = process.env.SDL_VIDEODRIVER ?? "x11";
  }
  if (withEnvironment(environment, () => sdl().SDL_InitSubSystem(INIT_VIDEO)) !== 0)
    throw new MediaError(
      "no-display",
      shown === undefined
        ? `no display for a window: ${sdlError()} (DISPLAY is not set)`
        : `no window can be opened on display ${shown}: ${sdlError()}`,
    );
}

function createWindow(settings: WindowSettings): unknown {
  const { title, size, fullscreen } = settings;
  // Where no window manager obeys the wish for fullscreen, a window without frame covers the display at once.
  const unmanaged = fullscreen && !isManaged(settings.display);
  const flags =
    WindowFlag.shown |
    (settings.resizable ? WindowFlag.resizable : 0) |
    (settings.borderless || unmanaged ? WindowFlag.borderless : 0) |
    (fullscreen && !unmanaged ? WindowFlag.fullscreenDesktop : 0);
  const bounds = fullscreen ? displayBounds() : undefined;
  const window = sdl().SDL_CreateWindow(
    title,
    bounds?.x ?? WINDOW_POSITION_CENTRED,
    bounds?.y ?? WINDOW_POSITION_CENTRED,
    bounds?.width ?? size.width,
    bounds?.height ?? size.height,
    flags,
  );
  if (window !== null) return window;
  const reason = sdlError();
  sdl().SDL_QuitSubSystem(INIT_VIDEO);
  throw new MediaError("system", `SDL cannot make a window: ${reason}`);
}

function isManaged(display: string | undefined): boolean {
  if (process.platform !== "linux") return true;
  try {
    using connection = XConnection.open(display);
    return hasWindowManager(connection);
  } catch {
    return true;
  }
}

function displayBounds(): Rect | undefined {
  const rect = new Int32Array(4);
  if (sdl().SDL_GetDisplayBounds(0, rect) !== 0) return undefined;
  const [x = 0, y = 0, width = 0, height = 0] = rect;
  return { x, y, width, height };
}

function x11Handles(window: unknown): { display: bigint; window: number } | undefined {
  // SDL_SysWMinfo: the version that the caller knows, the subsystem at byte 4, Display * at 8, Window at 16.
  const info = new Uint8Array(256);
  info.set([2, 0, 18]);
  if (sdl().SDL_GetWindowWMInfo(window, info) !== 1) return undefined;
  if (new Uint32Array(info.buffer)[1] !== SYSWM_X11) return undefined;
  const words = new BigUint64Array(info.buffer);
  return { display: words[1] ?? 0n, window: Number(words[2] ?? 0n) };
}
