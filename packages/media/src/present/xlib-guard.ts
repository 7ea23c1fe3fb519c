/** Keeps Xlib, which SDL uses, from ending the process when a display goes away. */
import koffi from "koffi";

const POLLIN = 1;
const BROKEN = 0x8 | 0x10 | 0x20;

/**
 * Replaces Xlib's error handlers, which call exit(), by a C function without effect, for the whole process.
 * Called before SDL starts, as SDL hands errors on to the handler that it found, and puts that back at its end.
 */
export function guardXlib(): void {
  let xlib: ReturnType<typeof koffi.load>;
  try {
    xlib = koffi.load("libX11.so.6");
  } catch {
    return; // Without Xlib there is nothing to guard: SDL uses Wayland then.
  }
  xlib.func("void *XSetErrorHandler(void *handler)")(harmless());
  xlib.func("void *XSetIOErrorHandler(void *handler)")(harmless());
}

/** Keeps a lost connection of a `Display *` from ending the process (libX11 1.7 and later). */
export function guardDisplay(display: bigint): void {
  const xlib = koffi.load("libX11.so.6");
  let setHandler: (display: bigint, handler: unknown, data: null) => void;
  try {
    setHandler = xlib.func(
      "void XSetIOErrorExitHandler(uintptr_t display, void *handler, void *data)",
    );
  } catch {
    return;
  }
  setHandler(display, harmless(), null);
}

function harmless(): unknown {
  return koffi.load("libc.so.6").symbol("getpid");
}

/** The socket of a `Display *`. */
export function xlibDescriptor(display: bigint): number {
  return koffi.load("libX11.so.6").func("int XConnectionNumber(uintptr_t display)")(display);
}

/** Waits on a display's socket and a wake-up descriptor, and tells a broken socket from a readable one. */
export class DescriptorWait {
  readonly #poll: (fds: Int16Array, count: number, timeout: number) => number;
  readonly #fds: Int16Array;

  constructor(socket: number, wake: number) {
    this.#poll = koffi
      .load("libc.so.6")
      .func("int poll(void *fds, unsigned long count, int timeoutMillis)");
    const descriptors = new Int32Array([socket, 0, wake, 0]);
    this.#fds = new Int16Array(descriptors.buffer);
    this.#fds[2] = POLLIN;
    this.#fds[6] = POLLIN;
  }

  /** Blocks for up to `timeoutMillis`; "broken" means that the display is gone. */
  wait(timeoutMillis: number): "broken" | "ready" | "idle" {
    if (this.#poll(this.#fds, 2, timeoutMillis) <= 0) return "idle";
    return ((this.#fds[3] ?? 0) & BROKEN) === 0 ? "ready" : "broken";
  }
}
