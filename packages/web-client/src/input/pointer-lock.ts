import { Listeners, rootOf } from "./listeners.ts";

/** The pointer lock of one element: relative motion without a pointer, without the system's acceleration where it goes. */
export class PointerLock implements Disposable {
  readonly #target: HTMLElement;
  readonly #listeners = new Listeners();
  #locked = false;

  /** `changed` is told when the lock has come or gone. */
  constructor(target: HTMLElement, changed: (locked: boolean) => void) {
    this.#target = target;
    this.#listeners.add(document, "pointerlockchange", () => {
      const locked = this.#isLocked();
      if (locked === this.#locked) return;
      this.#locked = locked;
      changed(locked);
    });
  }

  get isLocked(): boolean {
    return this.#locked;
  }

  /** Asks for the lock, which takes a click or a key just before; whether it came. */
  async request(): Promise<boolean> {
    try {
      await this.#target.requestPointerLock({ unadjustedMovement: true });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotSupportedError") return false;
      try {
        await this.#target.requestPointerLock();
      } catch {
        return false;
      }
    }
    return this.#isLocked();
  }

  release(): void {
    if (this.#isLocked()) document.exitPointerLock();
  }

  [Symbol.dispose](): void {
    this.#listeners[Symbol.dispose]();
    this.release();
    this.#locked = false;
  }

  #isLocked(): boolean {
    return rootOf(this.#target).pointerLockElement === this.#target;
  }
}
