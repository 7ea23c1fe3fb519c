/** The DAMAGE extension: which parts of a drawable changed. */

import type { XConnection, XEvent } from "./connection.ts";
import type { Rect } from "./rect.ts";
import { xcbDamage } from "./xcb.ts";

/** How a damage object reports (damageproto 1.1, "DamageReportLevel"). */
export const DamageLevel = { raw: 0, delta: 1, boundingBox: 2, nonEmpty: 3 } as const;
export type DamageLevel = (typeof DamageLevel)[keyof typeof DamageLevel];

/** Watches one drawable for changes. */
export class DamageWatch implements Disposable {
  readonly #connection: XConnection;
  readonly #id: number;
  readonly #eventType: number;
  #open = true;

  constructor(connection: XConnection, drawable: number, level: DamageLevel) {
    this.#connection = connection;
    this.#eventType = connection.extension("DAMAGE").firstEvent;
    const cookie = xcbDamage().xcb_damage_query_version(connection.handle, 1, 1);
    connection.takeReply(
      xcbDamage().xcb_damage_query_version_reply(connection.handle, cookie, null),
      "DamageQueryVersion",
    );
    this.#id = connection.generateId();
    xcbDamage().xcb_damage_create(connection.handle, this.#id, drawable, level);
    connection.flush();
  }

  /** The damaged rectangle that an event tells of, or undefined if the event is not this watch's. */
  areaOf(event: XEvent): Rect | undefined {
    if (event.type !== this.#eventType || event.u32[2] !== this.#id) return undefined;
    return {
      x: event.i16[8] ?? 0,
      y: event.i16[9] ?? 0,
      width: event.u16[10] ?? 0,
      height: event.u16[11] ?? 0,
    };
  }

  /** Forgets all damage so far, so that it is reported anew (levels other than raw); buffered until a flush. */
  subtract(): void {
    if (this.#open) xcbDamage().xcb_damage_subtract(this.#connection.handle, this.#id, 0, 0);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#connection.isClosed) return;
    xcbDamage().xcb_damage_destroy(this.#connection.handle, this.#id);
    this.#connection.flush();
  }
}
