/** XTEST: keyboard and pointer events as if a person had made them. */
import type { XConnection } from "./connection.ts";
import { xcb, xcbTest } from "./xcb.ts";

const KEY_PRESS = 2;
const KEY_RELEASE = 3;
const BUTTON_PRESS = 4;
const BUTTON_RELEASE = 5;
const MOTION_NOTIFY = 6;

/** Sends fake input to one display; everything is buffered until `connection.flush()`. */
export class FakeInput {
  readonly #connection: XConnection;

  constructor(connection: XConnection) {
    this.#connection = connection;
    connection.extension("XTEST");
    const cookie = xcbTest().xcb_test_get_version(connection.handle, 2, 2);
    connection.takeReply(
      xcbTest().xcb_test_get_version_reply(connection.handle, cookie, null),
      "XTestGetVersion",
    );
  }

  /** Presses or releases the key with an X keycode (8 to 255). */
  key(keycode: number, down: boolean): void {
    this.#fake(down ? KEY_PRESS : KEY_RELEASE, keycode, 0, 0, 0);
  }

  /** Presses or releases a pointer button (1 left, 2 middle, 3 right, 4 to 7 wheel, 8 back, 9 forward). */
  button(button: number, down: boolean): void {
    this.#fake(down ? BUTTON_PRESS : BUTTON_RELEASE, button, 0, 0, 0);
  }

  /** Moves the pointer to a point of the root window. */
  moveTo(x: number, y: number): void {
    this.#fake(MOTION_NOTIFY, 0, this.#connection.root, x, y);
  }

  /** Moves the pointer by a distance. */
  moveBy(dx: number, dy: number): void {
    this.#fake(MOTION_NOTIFY, 1, 0, dx, dy);
  }

  #fake(type: number, detail: number, root: number, x: number, y: number): void {
    xcbTest().xcb_test_fake_input(this.#connection.handle, type, detail, 0, root, x, y, 0);
  }
}

/** Where the pointer is on the root window, and the state mask (buttons 1 to 5 are bits 8 to 12). */
export function queryPointer(connection: XConnection): { x: number; y: number; mask: number } {
  const cookie = xcb().xcb_query_pointer(connection.handle, connection.root);
  const reply = connection.takeReply(
    xcb().xcb_query_pointer_reply(connection.handle, cookie, null),
    "QueryPointer",
  );
  const i16 = new Int16Array(reply.buffer);
  return {
    x: i16[8] ?? 0,
    y: i16[9] ?? 0,
    mask: new Uint16Array(reply.buffer)[12] ?? 0,
  };
}

/** The keycodes that are pressed now. */
export function pressedKeycodes(connection: XConnection): number[] {
  const cookie = xcb().xcb_query_keymap(connection.handle);
  const reply = connection.takeReply(
    xcb().xcb_query_keymap_reply(connection.handle, cookie, null),
    "QueryKeymap",
  );
  const pressed: number[] = [];
  for (let code = 8; code < 256; code++)
    if (((reply[8 + (code >> 3)] ?? 0) >> (code & 7)) & 1) pressed.push(code);
  return pressed;
}
