import { type HeldClient, HeldState, type InputSink } from "@wavry/rift-core/input";
import type { BrowserInputSink } from "./browser-input-sink.ts";
import type { GamepadState } from "./gamepad-state.ts";

/** One thing that presses keys and buttons, with its own memory of what it holds. */
export interface InputSource extends InputSink {
  /** Releases what only this source holds. */
  releaseAll(): void;
}

/**
 * Where all sources meet (keyboard, pointer, fingers, on-screen keys): a key that two of them hold is down until both
 * let go. While it is closed nothing goes out and nothing is remembered as held. Pure.
 */
export class InputOutput {
  readonly #held: HeldState;
  readonly #sources: InputSource[] = [];
  #sink: BrowserInputSink | undefined;
  #allowed = true;
  #allowsGamepads: boolean | undefined;

  constructor(sink: BrowserInputSink | undefined) {
    this.#sink = sink;
    this.#held = new HeldState({
      key: (usage, down) => this.#sink?.key(usage, down),
      button: (button, down) => this.#sink?.button(button, down),
      moveAbsolute: (x, y, display) => this.#sink?.moveAbsolute(x, y, display),
      moveRelative: (dx, dy) => this.#sink?.moveRelative(dx, dy),
      scroll: (dx120, dy120) => this.#sink?.scroll(dx120, dy120),
    });
  }

  /** Where it goes; undefined: nowhere. What is held is released at the old one. */
  get sink(): BrowserInputSink | undefined {
    return this.#sink;
  }

  set sink(sink: BrowserInputSink | undefined) {
    if (sink === this.#sink) return;
    this.releaseAll();
    this.#sink = sink;
  }

  /** Whether the person may do anything here. What is held is released when they no longer may. */
  get allowed(): boolean {
    return this.#allowed;
  }

  set allowed(allowed: boolean) {
    if (!allowed) this.releaseAll();
    this.#allowed = allowed;
  }

  /** Whether anything goes out. */
  get isOpen(): boolean {
    return this.#allowed && this.#sink !== undefined;
  }

  get takesText(): boolean {
    return this.isOpen && this.#sink?.text !== undefined;
  }

  /** Whether controllers may do anything; until it is set, as `allowed`. They are to be put to rest before it changes. */
  get allowsGamepads(): boolean {
    return this.#allowsGamepads ?? this.#allowed;
  }

  set allowsGamepads(allowed: boolean) {
    this.#allowsGamepads = allowed;
  }

  get takesGamepads(): boolean {
    return this.allowsGamepads && this.#sink?.gamepad !== undefined;
  }

  /** Adds a source. */
  addSource(): InputSource {
    let client: HeldClient = this.#held.attach();
    const source: InputSource = {
      key: (usage, down) => {
        if (this.isOpen || !down) client.key(usage, down);
      },
      button: (button, down) => {
        if (this.isOpen || !down) client.button(button, down);
      },
      moveAbsolute: (x, y, display) => {
        if (this.isOpen) client.moveAbsolute(x, y, display);
      },
      moveRelative: (dx, dy) => {
        if (this.isOpen) client.moveRelative(dx, dy);
      },
      scroll: (dx120, dy120) => {
        if (this.isOpen) client.scroll(dx120, dy120);
      },
      releaseAll: () => {
        client[Symbol.dispose]();
        client = this.#held.attach();
      },
    };
    this.#sources.push(source);
    return source;
  }

  text(text: string): void {
    if (this.isOpen && text !== "") this.#sink?.text?.(text);
  }

  gamepad(index: number, state: GamepadState | undefined): void {
    if (this.takesGamepads || state === undefined) this.#sink?.gamepad?.(index, state);
  }

  flush(): void {
    this.#sink?.flush();
  }

  /** Releases everything that any source holds, and sends it. */
  releaseAll(): void {
    for (const source of this.#sources) source.releaseAll();
    this.flush();
  }
}
