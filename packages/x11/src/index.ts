/**
 * Linux and X11 through FFI: libxcb (core, SHM, DAMAGE, XFIXES, RANDR, XTEST) and the few system calls that Node lacks.
 * Importing it loads no library; the first use does, and names the Debian package where one is missing.
 */
export { type Extension, XConnection, type XEvent } from "./connection.ts";
export { type CursorImage, CursorWatch } from "./cursor.ts";
export { DamageLevel, DamageWatch } from "./damage.ts";
export {
  FIRST_KEYCODE,
  type KeyboardMapping,
  mapKeycode,
  readKeyboardMapping,
} from "./keyboard-mapping.ts";
export { bindLibrary, lazy, type Native } from "./library.ts";
export { type Monitor, MonitorWatch, rootSize } from "./monitors.ts";
export type { Rect } from "./rect.ts";
export { type ImagePlace, SharedImage } from "./shared-image.ts";
export { SharedMemory } from "./shared-memory.ts";
export { Poll, raiseThreadPriority, sharpenTimers, WakeSignal } from "./system.ts";
export {
  childrenOf,
  createWindow,
  destroyWindow,
  EventMask,
  EventType,
  focusWindow,
  hasWindowManager,
  Painter,
  readPixels,
  type WindowOptions,
  windowName,
} from "./window.ts";
export { X11Error, type X11ErrorCode } from "./x11-error.ts";
export { FakeInput, pressedKeycodes, queryPointer } from "./xtest.ts";
