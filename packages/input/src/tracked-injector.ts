import { type GamepadState, MAX_GAMEPADS, NEUTRAL_GAMEPAD } from "@wavry/rift-core";
import type { GamepadBackend } from "./gamepad-backend.ts";
import type { InputBackend } from "./input-backend.ts";
import type { InputBackendName, InputInjector } from "./input-injector.ts";
import type { KeyGuard } from "./key-guard.ts";
import { GuardTarget } from "./key-guard-protocol.ts";

/** The most text that waits, in UTF-16 units. */
const MAX_WAITING_TEXT = 16_384;
/** How long the rest of a text waits that the back-end could not take. */
const TYPE_AGAIN_MILLIS = 50;

/** What goes with a back-end. */
export interface TrackedInjectorParts {
  readonly guard?: KeyGuard | undefined;
  readonly gamepads?: GamepadBackend | undefined;
}

/** The injector over any back-end: knows what it holds, so that it never presses twice and always releases. */
export class TrackedInjector implements InputInjector {
  readonly #backend: InputBackend;
  readonly #guard: KeyGuard | undefined;
  readonly #gamepads: GamepadBackend | undefined;
  readonly #keys = new Set<number>();
  readonly #buttons = new Set<number>();
  readonly #plugged = new Set<number>();
  #text = "";
  #typeTimer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  /** Owns all; the guard is started here, so that it is ready by the first press. */
  constructor(backend: InputBackend, { guard, gamepads }: TrackedInjectorParts = {}) {
    this.#backend = backend;
    this.#guard = guard;
    this.#gamepads = gamepads;
    guard?.start();
  }

  get backend(): InputBackendName {
    return this.#backend.name;
  }

  get guardPid(): number | undefined {
    return this.#guard?.pid;
  }

  key(usage: number, down: boolean): void {
    if (this.#closed !== undefined || this.#keys.has(usage) === down) return;
    if (!this.#backend.key(usage, down)) return;
    if (down) this.#keys.add(usage);
    else this.#keys.delete(usage);
    this.#guard?.note(GuardTarget.key, usage, down);
  }

  button(button: number, down: boolean): void {
    if (this.#closed !== undefined || this.#buttons.has(button) === down) return;
    if (!this.#backend.button(button, down)) return;
    if (down) this.#buttons.add(button);
    else this.#buttons.delete(button);
    this.#guard?.note(GuardTarget.button, button, down);
  }

  moveAbsolute(x: number, y: number): void {
    if (this.#closed === undefined) this.#backend.moveAbsolute(x, y);
  }

  moveRelative(dx: number, dy: number): void {
    if (this.#closed === undefined) this.#backend.moveRelative(dx, dy);
  }

  scroll(dx120: number, dy120: number): void {
    if (this.#closed === undefined) this.#backend.scroll(dx120, dy120);
  }

  get takesText(): boolean {
    return this.#backend.typeText !== undefined;
  }

  typeText(text: string): void {
    if (this.#closed === undefined && this.takesText)
      this.#text += text.slice(0, MAX_WAITING_TEXT - this.#text.length);
  }

  get takesGamepads(): boolean {
    return this.#gamepads !== undefined;
  }

  gamepad(index: number, state: GamepadState | undefined): void {
    if (this.#closed !== undefined || !(index >= 0 && index < MAX_GAMEPADS)) return;
    if (state === undefined ? !this.#plugged.delete(index) : this.#gamepads === undefined) return;
    if (state !== undefined) this.#plugged.add(index);
    this.#gamepads?.gamepad(index, state);
  }

  flush(): void {
    if (this.#closed !== undefined) return;
    try {
      if (this.#text !== "" && this.#typeTimer === undefined) this.#type();
      this.#backend.flush();
      this.#guard?.flush();
    } finally {
      // Where the display is gone the controllers are not.
      this.#gamepads?.flush();
    }
  }

  releaseAll(): void {
    try {
      for (const button of this.#buttons) this.button(button, false);
      for (const usage of this.#keys) this.key(usage, false);
      for (const index of this.#plugged) this.gamepad(index, NEUTRAL_GAMEPAD);
      this.flush();
    } catch {
      // Where the display is gone there is nothing left to release.
    }
  }

  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    clearTimeout(this.#typeTimer);
    this.#text = "";
    for (const index of this.#plugged) this.gamepad(index, undefined);
    this.releaseAll();
    this.#gamepads?.close();
    this.#backend.settle();
    this.#backend.close();
    this.#closed = this.#guard?.close() ?? Promise.resolve();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #type(): void {
    const text = this.#text;
    // Dropped if it throws: it would throw at every flush.
    this.#text = "";
    const typed = this.#backend.typeText?.(text) ?? text.length;
    this.#text = text.slice(typed);
    if (this.#text === "") return;
    this.#typeTimer = setTimeout(() => {
      this.#typeTimer = undefined;
      try {
        this.flush();
      } catch {
        // The next flush of the caller throws the same.
      }
    }, TYPE_AGAIN_MILLIS).unref();
  }
}
