import type { InputSource } from "./input-output.ts";
import { Listeners } from "./listeners.ts";
import { fractionsAt, type PicturePlace } from "./picture-place.ts";
import { TouchGestures, type TouchMode } from "./touch-gestures.ts";
import { Wheel } from "./wheel.ts";

/** What a `TouchSource` needs. */
export interface TouchSourceInit {
  readonly target: HTMLElement;
  readonly source: InputSource;
  readonly mode: TouchMode;
  isOpen(): boolean;
  picture(): PicturePlace | undefined;
  /** A finger came down: the keyboard's focus is wanted. */
  onActivated(event: PointerEvent): void;
  flush(): void;
}

/** The fingers on an element, as a mouse (see `TouchGestures`). */
export class TouchSource implements Disposable {
  readonly #init: TouchSourceInit;
  readonly #listeners = new Listeners();
  readonly #gestures: TouchGestures;
  readonly #wheel = new Wheel();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(init: TouchSourceInit) {
    this.#init = init;
    const { source, target } = init;
    this.#gestures = new TouchGestures(
      {
        pointTo: (x, y) => {
          const picture = init.picture();
          const at = picture === undefined ? undefined : fractionsAt(picture, x, y);
          if (at !== undefined) source.moveAbsolute(at.x, at.y, picture?.display ?? 0);
        },
        moveBy: (dx, dy) => source.moveRelative(dx, dy),
        button: (button, down) => source.button(button, down),
        scroll: (dx120, dy120) => {
          const { dx, dy } = this.#wheel.add(dx120, dy120);
          if (dx !== 0 || dy !== 0) source.scroll(dx, dy);
        },
      },
      init.mode,
    );
    const gestures = this.#gestures;
    const listen = (type: string, handler: (event: PointerEvent) => void): void =>
      this.#listeners.add<PointerEvent>(target, type, (event) => {
        if (event.pointerType !== "touch" || !init.isOpen()) return;
        handler(event);
        init.flush();
        this.#arm();
      });
    listen("pointerdown", (event) => {
      init.onActivated(event);
      gestures.down(event.pointerId, event.clientX, event.clientY, event.timeStamp);
    });
    listen("onpointerrawupdate" in window ? "pointerrawupdate" : "pointermove", (event) =>
      gestures.move(event.pointerId, event.clientX, event.clientY),
    );
    listen("pointerup", (event) => gestures.up(event.pointerId, event.timeStamp));
    listen("pointercancel", () => gestures.cancel());
  }

  get mode(): TouchMode {
    return this.#gestures.mode;
  }

  set mode(mode: TouchMode) {
    this.cancel();
    this.#gestures.mode = mode;
  }

  /** Forgets all fingers and lets go of what they hold. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#gestures.cancel();
    this.#init.flush();
  }

  [Symbol.dispose](): void {
    this.#listeners[Symbol.dispose]();
    this.cancel();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const at = this.#gestures.dueAtMillis;
    if (at === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#gestures.handleTimeout(Math.max(at, performance.now()));
        this.#init.flush();
      },
      Math.max(0, at - performance.now()),
    );
  }
}
