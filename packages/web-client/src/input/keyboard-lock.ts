import { composedContains, Listeners } from "./listeners.ts";

/** The Keyboard Lock API, which only some browsers have. */
interface LockableKeyboard {
  lock?(keyCodes?: readonly string[]): Promise<void>;
  unlock?(): void;
}

/**
 * Gives a page in fullscreen the keys that the browser and the system keep else (Esc, Alt+Tab, Meta), where the browser
 * can. Holding Esc still leaves fullscreen.
 */
export class KeyboardLock implements Disposable {
  readonly #target: HTMLElement;
  readonly #listeners = new Listeners();
  #wanted: boolean;
  #locked = false;

  constructor(target: HTMLElement, wanted: boolean) {
    this.#target = target;
    this.#wanted = wanted;
    this.#listeners.add(document, "fullscreenchange", () => this.#follow());
    this.#follow();
  }

  /** Whether the keys are wanted at all. */
  set wanted(wanted: boolean) {
    this.#wanted = wanted;
    this.#follow();
  }

  [Symbol.dispose](): void {
    this.#listeners[Symbol.dispose]();
    this.#wanted = false;
    this.#follow();
  }

  #follow(): void {
    const { keyboard } = navigator as Navigator & { keyboard?: LockableKeyboard };
    const full = document.fullscreenElement;
    const lock = this.#wanted && full !== null && composedContains(full, this.#target);
    if (lock === this.#locked) return;
    this.#locked = lock;
    if (!lock) keyboard?.unlock?.();
    // Without it the person has fewer keys, which is no reason to disturb them.
    else void keyboard?.lock?.().catch(() => {});
  }
}
