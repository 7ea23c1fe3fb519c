import type { InputSource } from "./input-output.ts";
import { usageOfCode } from "./key-codes.ts";
import { type Chord, Keyboard, type Modifiers } from "./keyboard.ts";
import { Listeners, modifiersOf } from "./listeners.ts";
import type { KeyPlatform } from "./platform.ts";

/** What a `KeySource` needs. */
export interface KeySourceInit {
  readonly target: HTMLElement;
  readonly platform: KeyPlatform;
  readonly source: InputSource;
  isOpen(): boolean;
  /** Whether the event's element is one whose keys go to the host. */
  isOwn(event: Event): boolean;
  /** Whether the input method works on what is typed, so that a key of its own is none of the host's. */
  isTextEvent(event: KeyboardEvent): boolean;
  flush(): void;
  onChord(chord: Chord): void;
}

const KEY_OF_INPUT_METHOD = 229;

/** The keyboard's events of an element. */
export class KeySource implements Disposable {
  readonly #init: KeySourceInit;
  readonly #listeners = new Listeners();
  readonly #keyboard: Keyboard;
  #controls = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(init: KeySourceInit) {
    this.#init = init;
    this.#keyboard = new Keyboard(init.platform, (usage, down) => {
      init.source.key(usage, down);
      if (usage === 0xe0 || usage === 0xe4) this.#controls += down ? 1 : -1;
    });
    this.#listeners.add<KeyboardEvent>(init.target, "keydown", (event) => this.#handle(event));
    this.#listeners.add<KeyboardEvent>(init.target, "keyup", (event) => this.#handle(event));
  }

  /** Whether a Ctrl key is really down; browsers also say so of pinching on a touchpad. */
  get holdsControl(): boolean {
    return this.#controls > 0;
  }

  /** Releases modifiers that another event says are up. */
  reconcile(modifiers: Modifiers): void {
    this.#keyboard.reconcile(modifiers);
  }

  releaseAll(): void {
    clearTimeout(this.#timer);
    this.#keyboard.releaseAll();
  }

  [Symbol.dispose](): void {
    this.#listeners[Symbol.dispose]();
    this.releaseAll();
  }

  #handle(event: KeyboardEvent): void {
    const { isOpen, isOwn, isTextEvent, flush, onChord } = this.#init;
    if (!isOpen() || !isOwn(event)) return;
    const down = event.type === "keydown";
    const text = isTextEvent(event) && (event.isComposing || event.keyCode === KEY_OF_INPUT_METHOD);
    // The release of a key that was pressed before the composition still counts.
    if (text && down) return;
    const known = usageOfCode(event.code) !== undefined;
    if (known && !text) {
      event.preventDefault();
      event.stopPropagation();
    }
    const chord = this.#keyboard.handle({
      ...modifiersOf(event),
      ...{ code: event.code, key: event.key, down, repeat: event.repeat },
      atMillis: event.timeStamp,
    });
    flush();
    this.#arm();
    if (chord !== undefined) onChord(chord);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const at = this.#keyboard.dueAtMillis;
    if (at === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#keyboard.handleTimeout(Math.max(at, performance.now()));
        this.#init.flush();
      },
      Math.max(0, at - performance.now()),
    );
  }
}
