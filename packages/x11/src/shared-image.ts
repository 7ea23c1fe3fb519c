/** MIT-SHM: pictures that client and server both see, so that no pixel goes through a socket. */

import type { XConnection } from "./connection.ts";
import type { Rect } from "./rect.ts";
import { SharedMemory } from "./shared-memory.ts";
import { xcbShm } from "./xcb.ts";

const ALL_PLANES = 0xffffffff;
const Z_PIXMAP = 2;

/** Where a picture lies in a shared segment: its width and height in pixels (4 bytes each), and its first byte. */
export interface ImagePlace {
  readonly width: number;
  readonly height: number;
  readonly byteOffset?: number;
}

/** A shared segment attached to one X server; it is gone with the last process, even after SIGKILL. */
export class SharedImage implements Disposable {
  readonly memory: SharedMemory;
  readonly #connection: XConnection;
  readonly #segment: number;
  #open = true;

  constructor(connection: XConnection, byteLength: number) {
    this.#connection = connection;
    connection.extension("MIT-SHM");
    this.memory = new SharedMemory(byteLength);
    try {
      this.#segment = connection.generateId();
      connection.check(
        xcbShm().xcb_shm_attach_checked(connection.handle, this.#segment, this.memory.id, 0),
        "ShmAttach (is the X server on another machine or in another IPC namespace?)",
      );
    } catch (error) {
      this.memory[Symbol.dispose]();
      throw error;
    }
    this.memory.unlink();
  }

  get bytes(): Uint8Array {
    return this.memory.bytes;
  }

  /** Fetches `rect` of `drawable` as packed BGRX rows (4 × width bytes each) to `byteOffset`; waits for the server. */
  getImage(drawable: number, rect: Rect, byteOffset = 0): void {
    const cookie = this.requestImage(drawable, rect, byteOffset);
    this.awaitImage(cookie);
  }

  /** Sends the request of `getImage` without waiting; several may be under way. */
  requestImage(drawable: number, rect: Rect, byteOffset = 0): number {
    return xcbShm().xcb_shm_get_image(
      this.#connection.handle,
      drawable,
      rect.x,
      rect.y,
      rect.width,
      rect.height,
      ALL_PLANES,
      Z_PIXMAP,
      this.#segment,
      byteOffset,
    );
  }

  /** Waits for an image that was asked for; throws if the rectangle left the drawable or the display closed. */
  awaitImage(cookie: number): void {
    const handle = this.#connection.handle;
    this.#connection.takeReply(
      xcbShm().xcb_shm_get_image_reply(handle, cookie, null),
      "ShmGetImage",
    );
  }

  /**
   * Shows `rect` of the picture at `place` in `drawable` with its corner at `x`, `y`; buffered until a flush.
   * The pixels must stay as they are until the server has read them (`connection.sync()`, or `notify` and its event).
   */
  putImage(
    drawable: number,
    gc: number,
    place: ImagePlace,
    rect: Rect,
    x: number,
    y: number,
    notify = false,
  ): void {
    xcbShm().xcb_shm_put_image(
      this.#connection.handle,
      drawable,
      gc,
      place.width,
      place.height,
      rect.x,
      rect.y,
      rect.width,
      rect.height,
      x,
      y,
      this.#connection.rootDepth,
      Z_PIXMAP,
      notify ? 1 : 0,
      this.#segment,
      place.byteOffset ?? 0,
    );
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    if (!this.#connection.isClosed) {
      xcbShm().xcb_shm_detach(this.#connection.handle, this.#segment);
      this.#connection.flush();
    }
    this.memory[Symbol.dispose]();
  }
}
