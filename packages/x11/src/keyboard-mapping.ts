/** The core keyboard mapping: which keysyms a keycode makes. */
import type { XConnection } from "./connection.ts";
import { xcb } from "./xcb.ts";

/** The lowest keycode, and how many there are. */
export const FIRST_KEYCODE = 8;
const KEYCODES = 248;

/** What every keycode makes. Columns 0 and 1 are the first group without and with Shift, 2 and 3 the second group. */
export interface KeyboardMapping {
  readonly columns: number;
  /** `columns` keysyms for each keycode from `FIRST_KEYCODE` to 255; 0: none. */
  readonly keysyms: Uint32Array;
}

/** Asks for the mapping. */
export function readKeyboardMapping(connection: XConnection): KeyboardMapping {
  const cookie = xcb().xcb_get_keyboard_mapping(connection.handle, FIRST_KEYCODE, KEYCODES);
  const reply = connection.takeReply(
    xcb().xcb_get_keyboard_mapping_reply(connection.handle, cookie, null),
    "GetKeyboardMapping",
  );
  return { columns: reply[1] ?? 0, keysyms: new Uint32Array(reply.buffer, 32) };
}

/** Gives a keycode these keysyms, none of them if empty; every client is told. */
export function mapKeycode(
  connection: XConnection,
  keycode: number,
  keysyms: readonly number[],
): void {
  const values = new Uint32Array(keysyms.length === 0 ? [0] : keysyms);
  xcb().xcb_change_keyboard_mapping(connection.handle, 1, keycode, values.length, values);
}
