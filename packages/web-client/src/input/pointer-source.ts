import type { InputSource } from "./input-output.ts";
import type { Modifiers } from "./keyboard.ts";
import { Listeners, modifiersOf } from "./listeners.ts";
import { fractionsAt, type PicturePlace } from "./picture-place.ts";
import { Wheel } from "./wheel.ts";

/** What a `PointerSource` needs. */
export interface PointerSourceInit {
  readonly target: HTMLElement;
  readonly source: InputSource;
  isOpen(): boolean;
  /** Whether the pointer is locked, so that motion counts and not the place. */
  isRelative(): boolean;
  /** Whether a Ctrl key is really down. */
  holdsControl(): boolean;
  picture(): PicturePlace | undefined;
  /** A button or a finger came down: the keyboard's focus is wanted. */
  onActivated(event: PointerEvent): void;
  onModifiers(modifiers: Modifiers): void;
  flush(): void;
}

/** Bits of `PointerEvent.buttons`, lowest first, are the wire's buttons from 1 on. */
const BUTTONS = 5;

/** Mouse and pen of an element: their place or motion, buttons and wheel. Fingers are `TouchSource`'s. */
export class PointerSource implements Disposable {
  readonly #init: PointerSourceInit;
  readonly #listeners = new Listeners();
  readonly #wheel = new Wheel();
  /** Events before the browser holds them back for the next frame; only secure pages get them. */
  readonly #raw = "onpointerrawupdate" in window;

  constructor(init: PointerSourceInit) {
    this.#init = init;
    const { target } = init;
    const listen = (type: string, handler: (event: PointerEvent) => void): void =>
      this.#listeners.add<PointerEvent>(target, type, (event) => {
        if (event.pointerType !== "touch" && init.isOpen()) handler(event);
      });
    listen("pointerdown", (event) => this.#handleDown(event));
    listen("pointerup", (event) => this.#handle(event));
    listen("pointermove", (event) => this.#handleMove(event));
    if (this.#raw) listen("pointerrawupdate", (event) => this.#handleMotion(event));
    listen("pointercancel", () => this.#release(0));
    // Browsers drop the capture when one of two buttons comes up; the other's release is then beside the element.
    this.#listeners.add<PointerEvent>(window, "pointerup", (event) => {
      if (event.pointerType !== "touch") this.#release(event.buttons);
    });
    this.#listeners.add<WheelEvent>(target, "wheel", (event) => this.#handleWheel(event), {
      passive: false,
    });
    // Menus, scrolling by the middle button, going back by the fourth, dragging and selecting are the page's.
    for (const type of ["contextmenu", "mousedown", "mouseup", "auxclick", "dragstart"])
      this.#listeners.add(target, type, (event) => {
        if (init.isOpen()) event.preventDefault();
      });
  }

  [Symbol.dispose](): void {
    this.#listeners[Symbol.dispose]();
  }

  #handleDown(event: PointerEvent): void {
    // The press is on its way while the page does what is its own.
    this.#handle(event);
    if (!this.#init.isRelative()) capture(this.#init.target, event.pointerId);
    this.#init.onActivated(event);
  }

  #handleMove(event: PointerEvent): void {
    // A button that changes while another is down comes as a move.
    if (event.button !== -1) this.#handle(event);
    else if (!this.#raw) this.#handleMotion(event);
  }

  /** A press or release, with where it was. */
  #handle(event: PointerEvent): void {
    this.#init.onModifiers(modifiersOf(event));
    if (!this.#init.isRelative()) this.#place(event);
    for (let button = 1; button <= BUTTONS; button++)
      this.#init.source.button(button, isDown(event.buttons, button));
    this.#init.flush();
  }

  /** Lets go of the buttons that are not down any more. */
  #release(buttons: number): void {
    for (let button = 1; button <= BUTTONS; button++)
      if (!isDown(buttons, button)) this.#init.source.button(button, false);
    this.#init.flush();
  }

  #handleMotion(event: PointerEvent): void {
    const { source, isRelative, flush } = this.#init;
    const steps = event.getCoalescedEvents?.() ?? [];
    const all = steps.length === 0 ? [event] : steps;
    if (isRelative()) {
      let dx = 0;
      let dy = 0;
      for (const { movementX, movementY } of all) {
        dx += movementX;
        dy += movementY;
      }
      source.moveRelative(dx, dy);
    } else if (event.buttons === 0) this.#place(event);
    else
      for (const step of all) {
        // A line that is drawn goes through each of its points.
        this.#place(step);
        flush();
      }
    this.#release(event.buttons);
  }

  #place({ clientX, clientY }: MouseEvent): void {
    const picture = this.#init.picture();
    const at = picture === undefined ? undefined : fractionsAt(picture, clientX, clientY);
    if (at !== undefined) this.#init.source.moveAbsolute(at.x, at.y, picture?.display ?? 0);
  }

  #handleWheel(event: WheelEvent): void {
    const { source, isOpen, holdsControl, flush } = this.#init;
    if (!isOpen()) return;
    event.preventDefault();
    // Ctrl that nobody holds means pinching on a touchpad, which is reserved.
    if (event.ctrlKey && !holdsControl()) return;
    // The mode comes first: Firefox gives pixels to those that do not ask.
    const { deltaMode } = event;
    const { wheelDeltaX, wheelDeltaY } = event as WheelEvent & Partial<Record<string, number>>;
    const { dx, dy } = this.#wheel.turn({
      ...{ deltaMode, deltaX: event.deltaX, deltaY: event.deltaY, shift: event.shiftKey },
      ...{ wheelDeltaX, wheelDeltaY },
    });
    if (dx !== 0 || dy !== 0) source.scroll(dx, dy);
    flush();
  }
}

function isDown(buttons: number, button: number): boolean {
  return ((buttons >> (button - 1)) & 1) === 1;
}

function capture(target: HTMLElement, pointerId: number): void {
  try {
    target.setPointerCapture(pointerId);
  } catch {
    // The pointer has gone already.
  }
}
