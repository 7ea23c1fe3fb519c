import koffi from "koffi";
import { libc } from "./system.ts";
import { X11Error } from "./x11-error.ts";
import { xcb } from "./xcb.ts";

/** An opaque pointer. */
type Pointer = unknown;

/** An X event: a view of 32 bytes in the machine's byte order, overwritten by the next `pollEvent`. */
export interface XEvent {
  /** The event's code without the "sent by a client" bit; 0 is an error of an unchecked request. */
  readonly type: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i16: Int16Array;
  readonly u32: Uint32Array;
}

/** What the server says of an extension. */
export interface Extension {
  readonly firstEvent: number;
}

/**
 * A connection to an X server over libxcb.
 * Nothing here ends the process: a server that goes away shows in `isClosed`, and calls that need an answer then throw
 * `X11Error` "display-closed". Requests are buffered until `flush()`.
 */
export class XConnection implements Disposable {
  /** The `xcb_connection_t *` for the other files of this package. */
  readonly handle: Pointer;
  /** Readable when an event or an answer has come; also poll after every call that waits for an answer. */
  readonly fd: number;
  readonly root: number;
  readonly rootVisual: number;
  readonly rootDepth: number;
  readonly #eventBytes = new Uint8Array(32);
  readonly #event: { -readonly [Key in keyof XEvent]: XEvent[Key] };
  #open = true;

  private constructor(handle: Pointer, screen: Uint8Array) {
    const words = new Uint32Array(screen.buffer);
    this.handle = handle;
    this.fd = xcb().xcb_get_file_descriptor(handle);
    this.root = words[0] ?? 0;
    this.rootVisual = words[8] ?? 0;
    this.rootDepth = screen[38] ?? 0;
    const buffer = this.#eventBytes.buffer;
    this.#event = {
      type: 0,
      u8: this.#eventBytes,
      u16: new Uint16Array(buffer),
      i16: new Int16Array(buffer),
      u32: new Uint32Array(buffer),
    };
  }

  /** Connects to `display` (":1"; $DISPLAY if undefined), with the cookie from $XAUTHORITY. */
  static open(display?: string): XConnection {
    const handle = xcb().xcb_connect(display ?? null, null);
    if (xcb().xcb_connection_has_error(handle) !== 0) {
      xcb().xcb_disconnect(handle);
      const name = display ?? process.env.DISPLAY;
      throw new X11Error(
        "no-display",
        name === undefined
          ? "no X display: DISPLAY is not set"
          : `no X server answers at ${name} (or it refuses the cookie in XAUTHORITY)`,
      );
    }
    // The first screen follows xcb_setup_t (40 bytes), the vendor's name and the pixmap formats.
    const setup = xcb().xcb_get_setup(handle);
    const head = new Uint8Array(40);
    libc().memcpy(head, setup, 40);
    const vendorBytes = new Uint16Array(head.buffer)[12] ?? 0;
    const formats = head[29] ?? 0;
    const offset = 40 + ((vendorBytes + 3) & ~3) + formats * 8;
    const all = new Uint8Array(offset + 40);
    libc().memcpy(all, setup, all.length);
    return new XConnection(handle, all.slice(offset));
  }

  /** Whether the server has gone away or broken the protocol. */
  get isClosed(): boolean {
    return !this.#open || xcb().xcb_connection_has_error(this.handle) !== 0;
  }

  /** A fresh resource id. */
  generateId(): number {
    return xcb().xcb_generate_id(this.handle);
  }

  /** Sends what is buffered. */
  flush(): void {
    if (this.#open) xcb().xcb_flush(this.handle);
  }

  /** The next event that has arrived, or undefined; never blocks. The view is borrowed until the next call. */
  pollEvent(): XEvent | undefined {
    if (!this.#open) return undefined;
    const pointer = xcb().xcb_poll_for_event(this.handle);
    if (pointer === null) return undefined;
    libc().memcpy(this.#eventBytes, pointer, 32);
    libc().free(pointer);
    this.#event.type = (this.#eventBytes[0] ?? 0) & 0x7f;
    return this.#event;
  }

  /**
   * Copies and frees a reply (32 bytes and `length` words more), given the pointer that an xcb `…_reply` returned.
   * Null means that the request failed or the display is gone; that throws.
   */
  takeReply(pointer: Pointer, request: string): Uint8Array {
    if (pointer === null) {
      if (this.isClosed) throw new X11Error("display-closed", "the X server has gone away");
      throw new X11Error("request-failed", `the X server refused ${request}`);
    }
    const head = new Uint8Array(koffi.view(pointer, 32));
    const words =
      (head[4] ?? 0) | ((head[5] ?? 0) << 8) | ((head[6] ?? 0) << 16) | ((head[7] ?? 0) << 24);
    const reply = new Uint8Array(32 + words * 4);
    libc().memcpy(reply, pointer, reply.length);
    libc().free(pointer);
    return reply;
  }

  /** Throws if the checked request behind `cookie` failed; waits for the server. */
  check(cookie: number, request: string): void {
    const error = xcb().xcb_request_check(this.handle, cookie);
    if (error !== null) {
      const code = new Uint8Array(koffi.view(error, 2))[1];
      libc().free(error);
      throw new X11Error("request-failed", `the X server refused ${request} (error ${code})`);
    }
    if (this.isClosed) throw new X11Error("display-closed", "the X server has gone away");
  }

  /** Waits until the server has carried out everything that was sent. */
  sync(): void {
    const cookie = xcb().xcb_get_input_focus(this.handle);
    this.takeReply(xcb().xcb_get_input_focus_reply(this.handle, cookie, null), "GetInputFocus");
  }

  /** Asks for an extension; throws "extension-missing" where the server lacks it. */
  extension(name: string): Extension {
    const cookie = xcb().xcb_query_extension(this.handle, name.length, name);
    const reply = this.takeReply(
      xcb().xcb_query_extension_reply(this.handle, cookie, null),
      "QueryExtension",
    );
    if (reply[8] !== 1)
      throw new X11Error("extension-missing", `the X server has no ${name} extension`);
    return { firstEvent: reply[10] ?? 0 };
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    xcb().xcb_disconnect(this.handle);
  }
}
