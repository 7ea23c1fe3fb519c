import { DamageRegion } from "@wavry/media-core";
import type { Micros, Rect, Size } from "@wavry/rift-core";
import {
  DamageLevel,
  DamageWatch,
  MonitorWatch,
  Poll,
  rootSize,
  SharedImage,
  XConnection,
} from "@wavry/x11";
import { copyPackedRows, type ScreenImage, screenImageOver } from "../convert/screen-image.ts";
import { MediaError } from "../media-error.ts";
import { asMediaError } from "./as-media-error.ts";
import { monotonicMicros } from "./clock.ts";
import type { CaptureEvent, CursorNews, Grab, ScreenCapture } from "./screen-capture.ts";
import type { Waker } from "./waker.ts";
import { X11Cursor } from "./x11-cursor.ts";

/** Settings of `X11Capture`. */
export interface X11CaptureOptions {
  /** Default $DISPLAY. */
  readonly display?: string | undefined;
  /** A RandR monitor's name; default the whole screen. */
  readonly monitor?: string | undefined;
  readonly waker: Waker;
}

const DISPLAY_FD = 1;

/**
 * An X11 screen or one monitor of it: XDamage tells what changed, MIT-SHM brings just that.
 * One shared segment holds the picture and, behind it, room for rectangles on their way into it.
 */
export class X11Capture implements ScreenCapture {
  readonly #connection: XConnection;
  readonly #monitors: MonitorWatch;
  readonly #cursor: X11Cursor;
  readonly #monitor: string | undefined;
  readonly #waker: Waker;
  readonly #poll: Poll;
  readonly #wakePoll: Poll;
  #watch: DamageWatch | undefined;
  #area: Rect;
  #shared!: SharedImage;
  #image!: ScreenImage;
  #staging!: ScreenImage;
  #region!: DamageRegion;
  #noticedAt: Micros = 0;
  #layoutChanged = false;
  #open = true;

  /** Opens the display; MediaError "no-display", "permission" or "unavailable" where that fails. */
  constructor(options: X11CaptureOptions) {
    this.#waker = options.waker;
    this.#monitor = options.monitor;
    try {
      this.#connection = XConnection.open(options.display);
    } catch (error) {
      throw asMediaError(error);
    }
    try {
      const { rootDepth } = this.#connection;
      if (rootDepth !== 24 && rootDepth !== 32)
        throw new MediaError(
          "unavailable",
          `displays of ${rootDepth} bits a pixel are not captured`,
        );
      this.#monitors = new MonitorWatch(this.#connection);
      this.#cursor = new X11Cursor(this.#connection);
      this.#poll = new Poll([this.#connection.fd, this.#waker.fd]);
      this.#wakePoll = new Poll([this.#waker.fd]);
      this.#area = this.#findArea();
      this.#allocate();
      this.setActive(true);
    } catch (error) {
      this[Symbol.dispose]();
      throw asMediaError(error);
    }
  }

  get size(): Size {
    return { width: this.#area.width, height: this.#area.height };
  }

  get image(): ScreenImage {
    return this.#image;
  }

  wait(timeoutMicros: Micros, heedDamage: boolean): CaptureEvent {
    const deadline = monotonicMicros() + timeoutMicros;
    for (;;) {
      this.#readEvents();
      if (this.#connection.isClosed) return "closed";
      if (this.#layoutChanged && this.#areaChanged()) return "resized";
      if (heedDamage && !this.#region.isEmpty) return "damage";
      const left = deadline - monotonicMicros();
      // Once damage has been noticed, more of it need not be listened to.
      const listen = this.#region.isEmpty;
      if (listen) this.#connection.flush();
      const ready = listen ? this.#poll.wait(left) : this.#wakePoll.wait(left) << 1;
      if ((ready & ~DISPLAY_FD) !== 0) {
        this.#waker.clear();
        return "idle";
      }
      if (ready === 0) return "idle";
    }
  }

  grab(): Grab {
    try {
      this.#readEvents();
      const noticedAt = this.#region.isEmpty ? monotonicMicros() : this.#noticedAt;
      const rects = this.#region.take();
      if (rects.length === 0) return { rects, noticedAt };
      this.#watch?.subtract();
      this.#fetch(rects);
      return { rects, noticedAt };
    } catch (error) {
      throw asMediaError(error);
    }
  }

  resize(): void {
    try {
      this.#layoutChanged = false;
      this.#area = this.#findArea();
      this.#shared[Symbol.dispose]();
      this.#allocate();
      this.#noteWhole();
    } catch (error) {
      throw asMediaError(error);
    }
  }

  setActive(active: boolean): void {
    if (active === (this.#watch !== undefined)) return;
    this.#region.clear();
    if (active) {
      this.#watch = new DamageWatch(this.#connection, this.#connection.root, DamageLevel.delta);
      this.#noteWhole();
    } else {
      this.#watch?.[Symbol.dispose]();
      this.#watch = undefined;
    }
  }

  cursorNews(): CursorNews {
    try {
      return this.#cursor.news(this.#area);
    } catch (error) {
      throw asMediaError(error);
    }
  }

  forgetCursor(): void {
    this.#cursor.forget();
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch?.[Symbol.dispose]();
    this.#shared?.[Symbol.dispose]();
    this.#connection[Symbol.dispose]();
  }

  #readEvents(): void {
    for (;;) {
      const event = this.#connection.pollEvent();
      if (event === undefined) return;
      const damaged = this.#watch?.areaOf(event);
      if (damaged !== undefined) this.#note(damaged);
      else if (!this.#cursor.heed(event) && this.#monitors.isChange(event))
        this.#layoutChanged = true;
    }
  }

  #note(damaged: Rect): void {
    if (this.#region.isEmpty) this.#noticedAt = monotonicMicros();
    this.#region.add({
      x: damaged.x - this.#area.x,
      y: damaged.y - this.#area.y,
      width: damaged.width,
      height: damaged.height,
    });
  }

  #noteWhole(): void {
    this.#noticedAt = monotonicMicros();
    this.#region.addScreen();
  }

  /** Asks for all rectangles before it waits for the first, so that the server never idles in between. */
  #fetch(rects: readonly Rect[]): void {
    const pending: { cookie: number; rect: Rect; packedAt: number }[] = [];
    const stagingAt = this.#image.bytes.length;
    let packedAt = 0;
    for (const rect of rects) {
      const onScreen = {
        x: rect.x + this.#area.x,
        y: rect.y + this.#area.y,
        width: rect.width,
        height: rect.height,
      };
      // Whole rows lie in the picture as the server packs them.
      const direct = rect.width === this.#area.width;
      const to = direct ? rect.y * this.#image.strideBytes : stagingAt + packedAt;
      const cookie = this.#shared.requestImage(this.#connection.root, onScreen, to);
      pending.push({ cookie, rect, packedAt: direct ? -1 : packedAt });
      if (!direct) packedAt += rect.width * rect.height * 4;
    }
    let failure: unknown;
    for (const { cookie, rect, packedAt: from } of pending) {
      try {
        this.#shared.awaitImage(cookie);
        if (from >= 0) copyPackedRows(this.#staging, from, this.#image, rect);
      } catch (error) {
        failure = error;
      }
    }
    if (failure === undefined) return;
    if (this.#connection.isClosed) throw failure;
    // A rectangle left the screen: it is being resized, and the event that says so is on its way.
    this.#layoutChanged = true;
    this.#region.addAll(rects);
  }

  #allocate(): void {
    const size = this.size;
    const bytes = size.width * size.height * 4;
    this.#shared = new SharedImage(this.#connection, bytes * 2);
    this.#image = screenImageOver(this.#shared.bytes.subarray(0, bytes), size);
    this.#staging = screenImageOver(this.#shared.bytes.subarray(bytes), size);
    this.#region = new DamageRegion(size);
  }

  #areaChanged(): boolean {
    const area = this.#findArea();
    const { x, y, width, height } = this.#area;
    this.#layoutChanged =
      area.x !== x || area.y !== y || area.width !== width || area.height !== height;
    return this.#layoutChanged;
  }

  /** The monitor as it lies on the screen now; the whole screen if none was named or it is unplugged. */
  #findArea(): Rect {
    const { width, height } = rootSize(this.#connection);
    const whole = { x: 0, y: 0, width, height };
    if (this.#monitor === undefined) return whole;
    const found = this.#monitors.list().find(({ name }) => name === this.#monitor);
    if (found === undefined) return whole;
    const x = Math.max(0, found.x);
    const y = Math.max(0, found.y);
    const right = Math.min(width, found.x + found.width);
    const bottom = Math.min(height, found.y + found.height);
    return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : whole;
  }
}
