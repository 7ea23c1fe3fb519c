/** XFIXES: the pointer's picture. */
import type { XConnection, XEvent } from "./connection.ts";
import { xcbXfixes } from "./xcb.ts";

/** The pointer's picture and place as the server has it now. */
export interface CursorImage {
  /** Changes whenever the picture does. */
  readonly serial: number;
  /** Position of the hot spot on the root window. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly hotX: number;
  readonly hotY: number;
  /** Premultiplied 0xAARRGGBB, row by row; owned. */
  readonly pixels: Uint32Array;
}

/** Tells when the pointer's picture changes, and what it is. */
export class CursorWatch {
  readonly #connection: XConnection;
  readonly #eventType: number;

  constructor(connection: XConnection) {
    this.#connection = connection;
    // XFixesCursorNotify is the extension's second event.
    this.#eventType = connection.extension("XFIXES").firstEvent + 1;
    const cookie = xcbXfixes().xcb_xfixes_query_version(connection.handle, 5, 0);
    connection.takeReply(
      xcbXfixes().xcb_xfixes_query_version_reply(connection.handle, cookie, null),
      "XFixesQueryVersion",
    );
    xcbXfixes().xcb_xfixes_select_cursor_input(connection.handle, connection.root, 1);
    connection.flush();
  }

  /** Whether `event` says that the picture changed. */
  isChange(event: XEvent): boolean {
    return event.type === this.#eventType;
  }

  /** The picture now; waits for the server. */
  read(): CursorImage {
    const handle = this.#connection.handle;
    const cookie = xcbXfixes().xcb_xfixes_get_cursor_image(handle);
    const reply = this.#connection.takeReply(
      xcbXfixes().xcb_xfixes_get_cursor_image_reply(handle, cookie, null),
      "XFixesGetCursorImage",
    );
    const u16 = new Uint16Array(reply.buffer);
    const i16 = new Int16Array(reply.buffer);
    const width = u16[6] ?? 0;
    const height = u16[7] ?? 0;
    return {
      x: i16[4] ?? 0,
      y: i16[5] ?? 0,
      width,
      height,
      hotX: u16[8] ?? 0,
      hotY: u16[9] ?? 0,
      serial: new Uint32Array(reply.buffer)[5] ?? 0,
      pixels: new Uint32Array(reply.buffer, 32, width * height),
    };
  }
}
