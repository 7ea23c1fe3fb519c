/** SDL 2 through FFI: only what the window and its fallback presenter need. */
import { bindLibrary, lazy, type Native } from "@wavry/x11";
import koffi from "koffi";

const SONAMES: Partial<Record<NodeJS.Platform, string>> = {
  linux: "libSDL2-2.0.so.0",
  darwin: "libSDL2-2.0.0.dylib",
  win32: "SDL2.dll",
};

const PROTOTYPES = {
  SDL_InitSubSystem: "int SDL_InitSubSystem(uint32_t flags)",
  SDL_QuitSubSystem: "void SDL_QuitSubSystem(uint32_t flags)",
  SDL_GetError: "const char *SDL_GetError()",
  SDL_GetVersion: "void SDL_GetVersion(void *version)",
  SDL_SetHint: "int SDL_SetHint(const char *name, const char *value)",
  SDL_CreateWindow:
    "void *SDL_CreateWindow(const char *title, int x, int y, int width, int height, uint32_t flags)",
  SDL_DestroyWindow: "void SDL_DestroyWindow(void *window)",
  SDL_GetDisplayBounds: "int SDL_GetDisplayBounds(int display, void *rect)",
  SDL_GetWindowSize: "void SDL_GetWindowSize(void *window, void *width, void *height)",
  SDL_SetWindowSize: "void SDL_SetWindowSize(void *window, int width, int height)",
  SDL_SetWindowTitle: "void SDL_SetWindowTitle(void *window, const char *title)",
  SDL_SetWindowFullscreen: "int SDL_SetWindowFullscreen(void *window, uint32_t flags)",
  SDL_SetWindowKeyboardGrab: "void SDL_SetWindowKeyboardGrab(void *window, int grabbed)",
  SDL_GetWindowWMInfo: "int SDL_GetWindowWMInfo(void *window, void *info)",
  SDL_RaiseWindow: "void SDL_RaiseWindow(void *window)",
  SDL_StopTextInput: "void SDL_StopTextInput()",
  SDL_SetRelativeMouseMode: "int SDL_SetRelativeMouseMode(int enabled)",
  SDL_PollEvent: "int SDL_PollEvent(void *event)",
  SDL_PushEvent: "int SDL_PushEvent(void *event)",
  SDL_WaitEventTimeout: "int SDL_WaitEventTimeout(void *event, int timeout)",
  SDL_ShowCursor: "int SDL_ShowCursor(int toggle)",
  SDL_CreateRGBSurfaceFrom:
    "void *SDL_CreateRGBSurfaceFrom(void *pixels, int width, int height, int depth, int pitch, uint32_t red, uint32_t green, uint32_t blue, uint32_t alpha)",
  SDL_FreeSurface: "void SDL_FreeSurface(void *surface)",
  SDL_CreateColorCursor: "void *SDL_CreateColorCursor(void *surface, int hotX, int hotY)",
  SDL_GetDefaultCursor: "void *SDL_GetDefaultCursor()",
  SDL_SetCursor: "void SDL_SetCursor(void *cursor)",
  SDL_FreeCursor: "void SDL_FreeCursor(void *cursor)",
  SDL_CreateRenderer: "void *SDL_CreateRenderer(void *window, int index, uint32_t flags)",
  SDL_DestroyRenderer: "void SDL_DestroyRenderer(void *renderer)",
  SDL_CreateTexture:
    "void *SDL_CreateTexture(void *renderer, uint32_t format, int access, int width, int height)",
  SDL_DestroyTexture: "void SDL_DestroyTexture(void *texture)",
  SDL_SetTextureScaleMode: "int SDL_SetTextureScaleMode(void *texture, int mode)",
  SDL_UpdateTexture:
    "int SDL_UpdateTexture(void *texture, const void *rect, const void *pixels, int pitch)",
  SDL_SetRenderDrawColor:
    "int SDL_SetRenderDrawColor(void *r, uint8_t a, uint8_t b, uint8_t c, uint8_t d)",
  SDL_RenderClear: "int SDL_RenderClear(void *renderer)",
  SDL_RenderCopy:
    "int SDL_RenderCopy(void *renderer, void *texture, const void *from, const void *to)",
  SDL_RenderPresent: "void SDL_RenderPresent(void *renderer)",
} as const;

/** SDL's functions; `X11Error` "library-missing" where it is not installed. */
export const sdl: () => Record<keyof typeof PROTOTYPES, Native> = lazy(() =>
  bindLibrary(SONAMES[process.platform] ?? "libSDL2.so", "libsdl2-2.0-0", PROTOTYPES),
);

/** SDL's words for what went wrong last in this thread. */
export function sdlError(): string {
  return sdl().SDL_GetError();
}

export const INIT_VIDEO = 0x20;
export const WINDOW_POSITION_CENTRED = 0x2fff0000;
export const WindowFlag = {
  shown: 0x4,
  borderless: 0x10,
  resizable: 0x20,
  fullscreenDesktop: 0x1001,
} as const;

/** Types of SDL_Event (SDL_events.h). */
export const SdlEventType = {
  quit: 0x100,
  window: 0x200,
  keyDown: 0x300,
  keyUp: 0x301,
  mouseMotion: 0x400,
  buttonDown: 0x401,
  buttonUp: 0x402,
  wheel: 0x403,
  user: 0x8000,
} as const;

/** Kinds of window events. */
export const SdlWindowEvent = {
  exposed: 3,
  sizeChanged: 6,
  focusGained: 12,
  focusLost: 13,
  close: 14,
} as const;

/** SDL_Event is 56 bytes; room for later versions. */
export const EVENT_BYTES = 128;

/**
 * Runs `action` with environment variables of the process (not of this thread's copy) changed, as SDL and Xlib read
 * them only at the start, and puts them back.
 */
export function withEnvironment<T>(values: Record<string, string>, action: () => T): T {
  if (process.platform === "win32") return action();
  const library = koffi.load(process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6");
  const setenv = library.func("int setenv(const char *name, const char *value, int overwrite)");
  const unsetenv = library.func("int unsetenv(const char *name)");
  const getenv = library.func("const char *getenv(const char *name)");
  const before = Object.keys(values).map((name): [string, string | null] => [name, getenv(name)]);
  for (const [name, value] of Object.entries(values)) setenv(name, value, 1);
  try {
    return action();
  } finally {
    for (const [name, value] of before)
      if (value === null) unsetenv(name);
      else setenv(name, value, 1);
  }
}
