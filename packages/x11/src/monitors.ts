/** RANDR: the monitors of a display, and news of their change. */
import type { XConnection, XEvent } from "./connection.ts";
import type { Rect } from "./rect.ts";
import { xcb, xcbRandr } from "./xcb.ts";

/** One monitor, as RANDR 1.5 sees it. */
export interface Monitor extends Rect {
  readonly name: string;
  readonly primary: boolean;
}

/** The size of the root window now; waits for the server. */
export function rootSize(connection: XConnection): { width: number; height: number } {
  const cookie = xcb().xcb_get_geometry(connection.handle, connection.root);
  const reply = connection.takeReply(
    xcb().xcb_get_geometry_reply(connection.handle, cookie, null),
    "GetGeometry",
  );
  const u16 = new Uint16Array(reply.buffer);
  return { width: u16[8] ?? 0, height: u16[9] ?? 0 };
}

/** Lists monitors and recognises the events that tell of a new layout. */
export class MonitorWatch {
  readonly #connection: XConnection;
  readonly #eventType: number;

  constructor(connection: XConnection) {
    this.#connection = connection;
    this.#eventType = connection.extension("RANDR").firstEvent;
    const cookie = xcbRandr().xcb_randr_query_version(connection.handle, 1, 5);
    connection.takeReply(
      xcbRandr().xcb_randr_query_version_reply(connection.handle, cookie, null),
      "RRQueryVersion",
    );
    xcbRandr().xcb_randr_select_input(connection.handle, connection.root, 1);
    connection.flush();
  }

  /** Whether `event` says that the screen's size or layout changed. */
  isChange(event: XEvent): boolean {
    return event.type === this.#eventType;
  }

  /** The active monitors, primary first; a display without any gives one of the root window's size. */
  list(): Monitor[] {
    const { handle, root } = this.#connection;
    const cookie = xcbRandr().xcb_randr_get_monitors(handle, root, 1);
    const reply = this.#connection.takeReply(
      xcbRandr().xcb_randr_get_monitors_reply(handle, cookie, null),
      "RRGetMonitors",
    );
    const view = new DataView(reply.buffer);
    const monitors: Monitor[] = [];
    let offset = 32;
    for (let left = view.getUint32(12, true); left > 0 && offset + 24 <= reply.length; left--) {
      monitors.push({
        name: this.#atomName(view.getUint32(offset, true)),
        primary: reply[offset + 4] === 1,
        x: view.getInt16(offset + 8, true),
        y: view.getInt16(offset + 10, true),
        width: view.getUint16(offset + 12, true),
        height: view.getUint16(offset + 14, true),
      });
      offset += 24 + view.getUint16(offset + 6, true) * 4;
    }
    if (monitors.length === 0)
      monitors.push({ name: "screen", primary: true, x: 0, y: 0, ...rootSize(this.#connection) });
    return monitors.sort((a, b) => Number(b.primary) - Number(a.primary));
  }

  #atomName(atom: number): string {
    const handle = this.#connection.handle;
    const cookie = xcb().xcb_get_atom_name(handle, atom);
    const reply = this.#connection.takeReply(
      xcb().xcb_get_atom_name_reply(handle, cookie, null),
      "GetAtomName",
    );
    const length = new DataView(reply.buffer).getUint16(8, true);
    return String.fromCharCode(...reply.subarray(32, 32 + length));
  }
}
