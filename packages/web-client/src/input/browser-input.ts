import type { BrowserInputSink } from "./browser-input-sink.ts";
import { composesLive } from "./composition.ts";
import { GamepadPlaces } from "./gamepad-places.ts";
import { GamepadPoller } from "./gamepad-poller.ts";
import { type GamepadState, NEUTRAL_GAMEPAD } from "./gamepad-state.ts";
import { InputOutput, type InputSource } from "./input-output.ts";
import { KeySource } from "./key-source.ts";
import type { Chord } from "./keyboard.ts";
import { KeyboardLock } from "./keyboard-lock.ts";
import { Listeners, rootOf } from "./listeners.ts";
import type { PicturePlace } from "./picture-place.ts";
import { keyPlatform } from "./platform.ts";
import { PointerLock } from "./pointer-lock.ts";
import { PointerSource } from "./pointer-source.ts";
import { shortcutUsages } from "./shortcut.ts";
import { TextField } from "./text-field.ts";
import type { TouchMode } from "./touch-gestures.ts";
import { TouchSource } from "./touch-source.ts";

/** What a `BrowserInput` is made with. */
export interface BrowserInputInit {
  /** The element whose input goes to the host: it shows the picture and has nothing else in it to click on. */
  readonly target: HTMLElement;
  /** Where it goes; undefined until there is a connection. */
  readonly sink?: BrowserInputSink | undefined;
  /** Where the host's screen is shown now; undefined while nothing is. Asked at each event. */
  picture(): PicturePlace | undefined;
  readonly viewOnly?: boolean;
  /** Default "move". */
  readonly touchMode?: TouchMode;
  /** Whether input methods work while the host takes text, so that their text is sent and not their keys; default true. */
  readonly composesText?: boolean;
  /** What screen readers call the field that has the keyboard's focus; default "Remote screen". */
  readonly label?: string;
  /** The person pressed Ctrl+Alt+Shift and Q, F, M or S. "leave" and "relative" are done already. */
  onChord?(chord: Chord): void;
  /** Relative mouse mode began or ended. */
  onRelative?(relative: boolean): void;
}

/** Keys of an on-screen keyboard or gamepad: pressed beside the real ones. */
export interface VirtualInput {
  /** Presses or releases a key by its USB HID usage. */
  key(usage: number, down: boolean): void;
  /** What the on-screen gamepad does; undefined: it is put away. */
  gamepad(state: GamepadState | undefined): void;
  /** Whether the host takes a gamepad. */
  readonly takesGamepads: boolean;
  /** Tells `released` when everything was released from elsewhere, such as at a blur; gives what ends that. */
  onReleased(released: () => void): () => void;
}

/**
 * Everything that a person does on an element of a page, for a host: keyboard, mouse, pen, fingers, wheel, controllers,
 * text. Whatever is held is released when the page, the element or the connection is left. It changes the target's
 * `tabindex` and touch styles, and puts a hidden text field into it.
 */
export class BrowserInput implements Disposable {
  /** For on-screen keyboards and gamepads. */
  readonly virtual: VirtualInput;
  readonly #init: BrowserInputInit;
  readonly #output: InputOutput;
  readonly #listeners = new Listeners();
  readonly #field: TextField;
  readonly #keys: KeySource;
  readonly #pointer: PointerSource;
  readonly #pointerKeys: InputSource;
  readonly #touch: TouchSource;
  readonly #shortcuts: InputSource;
  readonly #pointerLock: PointerLock;
  readonly #keyboardLock: KeyboardLock;
  readonly #gamepads: GamepadPoller;
  readonly #gamepadPlaces: GamepadPlaces<number | "virtual">;
  readonly #released = new Set<() => void>();
  #disposed = false;

  constructor(init: BrowserInputInit) {
    this.#init = init;
    const { target } = init;
    const output = new InputOutput(init.sink);
    output.allowed = init.viewOnly !== true;
    this.#output = output;
    if (target.tabIndex < 0) target.tabIndex = 0;
    for (const style of ["touch-action", "user-select", "-webkit-user-select"])
      target.style.setProperty(style, "none");
    target.style.setProperty("-webkit-touch-callout", "none");

    this.#field = new TextField({
      parent: target,
      label: init.label ?? "Remote screen",
      live: composesLive(navigator.language),
      type: (text) => {
        output.text(text);
        output.flush();
      },
    });
    this.#pointerLock = new PointerLock(target, (locked) => this.#relativeChanged(locked));
    this.#keyboardLock = new KeyboardLock(target, output.allowed);
    const shared = {
      target,
      isOpen: () => output.isOpen,
      flush: () => output.flush(),
      picture: () => init.picture(),
      onActivated: (event: PointerEvent) => this.#activate(event),
    };
    this.#keys = new KeySource({
      ...shared,
      platform: keyPlatform(navigator),
      source: output.addSource(),
      isOwn: (event) => this.#isOwn(event.composedPath()[0]),
      isTextEvent: (event) => event.composedPath()[0] === this.#field.element,
      onChord: (chord) => this.#handleChord(chord),
    });
    this.#pointerKeys = output.addSource();
    this.#pointer = new PointerSource({
      ...shared,
      source: this.#pointerKeys,
      isRelative: () => this.#pointerLock.isLocked,
      holdsControl: () => this.#keys.holdsControl,
      onModifiers: (modifiers) => this.#keys.reconcile(modifiers),
    });
    this.#touch = new TouchSource({
      ...shared,
      source: output.addSource(),
      mode: init.touchMode ?? "move",
    });
    this.#shortcuts = output.addSource();
    this.#gamepadPlaces = new GamepadPlaces((place, state) => {
      output.gamepad(place, state);
      output.flush();
    });
    this.#gamepads = new GamepadPoller(
      (index, state) => this.#gamepadPlaces.set(index, state),
      () => output.takesGamepads && document.hasFocus() && document.visibilityState === "visible",
    );
    this.virtual = this.#makeVirtual(output.addSource());
    this.#listenForLeaving();
  }

  /** Where input goes; set at each connection, and to undefined when it is lost. */
  get sink(): BrowserInputSink | undefined {
    return this.#output.sink;
  }

  set sink(sink: BrowserInputSink | undefined) {
    if (this.#disposed || sink === this.#output.sink) return;
    this.releaseAll();
    this.#unplugGamepads();
    this.#output.sink = sink;
    this.#refocus();
  }

  /** Whether nothing is sent and the page keeps its keys. */
  get viewOnly(): boolean {
    return !this.#output.allowed;
  }

  set viewOnly(viewOnly: boolean) {
    if (this.#disposed || viewOnly === this.viewOnly) return;
    this.releaseAll();
    if (viewOnly) this.#pointerLock.release();
    this.#output.allowed = !viewOnly;
    this.#keyboardLock.wanted = !viewOnly;
    this.#refocus();
  }

  /** Whether controllers go to the host, where it takes any. Until it is set they do so unless `viewOnly`. */
  get sendsGamepads(): boolean {
    return this.#output.allowsGamepads;
  }

  set sendsGamepads(sends: boolean) {
    if (this.#disposed) return;
    // An on-screen one that pressed keys instead lets go of them, too.
    if (sends !== this.sendsGamepads) this.releaseAll();
    this.#output.allowsGamepads = sends;
  }

  /** What sliding fingers do. */
  get touchMode(): TouchMode {
    return this.#touch.mode;
  }

  set touchMode(mode: TouchMode) {
    this.#touch.mode = mode;
  }

  /** Whether the pointer is locked and its motion is sent. */
  get isRelative(): boolean {
    return this.#pointerLock.isLocked;
  }

  /** Begins relative mouse mode, which takes a click or a key just before; whether it began. */
  async requestRelative(): Promise<boolean> {
    return this.#output.isOpen && (await this.#pointerLock.request());
  }

  /** Ends relative mouse mode. */
  leaveRelative(): void {
    this.#pointerLock.release();
  }

  /** Gives the keyboard to the host. */
  focus(): void {
    this.#preferredFocus().focus({ preventScroll: true });
  }

  /** Shows a phone's own keyboard, if the host takes text; call it from a tap. */
  showSoftKeyboard(): boolean {
    if (!this.#output.takesText) return false;
    // A field that has the focus already would not notice.
    this.#field.element.blur();
    this.#field.soft = true;
    this.#field.element.focus({ preventScroll: true });
    return true;
  }

  /** Hides it. */
  hideSoftKeyboard(): void {
    if (!this.#field.soft) return;
    this.#field.soft = false;
    this.#field.element.blur();
    this.focus();
  }

  /** Whether `showSoftKeyboard` is in force. */
  get isSoftKeyboardShown(): boolean {
    return this.#field.soft;
  }

  /**
   * Presses the keys one after another and releases them again, such as `["Control", "Alt", "Delete"]`; names as
   * `shortcutUsages` takes them. Whether it was sent. Throws RangeError on an unknown key.
   */
  sendShortcut(keys: readonly string[]): boolean {
    const usages = shortcutUsages(keys);
    if (!this.#output.isOpen) return false;
    for (const usage of usages) this.#shortcuts.key(usage, true);
    for (const usage of usages.toReversed()) this.#shortcuts.key(usage, false);
    this.#output.flush();
    return true;
  }

  /** Types a text at the host; whether it takes one. */
  sendText(text: string): boolean {
    if (!this.#output.takesText) return false;
    this.#output.text(text);
    this.#output.flush();
    return true;
  }

  /** Releases everything that is held. */
  releaseAll(): void {
    this.#keys.releaseAll();
    this.#touch.cancel();
    this.#gamepads.rest();
    for (const released of this.#released) released();
    if (this.#gamepadPlaces.has("virtual")) this.#gamepadPlaces.set("virtual", NEUTRAL_GAMEPAD);
    this.#output.releaseAll();
  }

  /** Releases everything and lets go of the element; idempotent. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#listeners[Symbol.dispose]();
    this.releaseAll();
    this.#unplugGamepads();
    this.#gamepads[Symbol.dispose]();
    this.#touch[Symbol.dispose]();
    this.#pointer[Symbol.dispose]();
    this.#keys[Symbol.dispose]();
    this.#keyboardLock[Symbol.dispose]();
    this.#pointerLock[Symbol.dispose]();
    this.#field[Symbol.dispose]();
    this.#released.clear();
    this.#output.sink = undefined;
  }

  #makeVirtual(source: InputSource): VirtualInput {
    const output = this.#output;
    return {
      key: (usage, down) => {
        source.key(usage, down);
        output.flush();
      },
      gamepad: (state) => {
        if (output.takesGamepads || state === undefined) this.#gamepadPlaces.set("virtual", state);
      },
      get takesGamepads() {
        return output.takesGamepads;
      },
      onReleased: (released) => {
        this.#released.add(released);
        return () => void this.#released.delete(released);
      },
    };
  }

  #unplugGamepads(): void {
    this.#gamepads.forget();
    this.#gamepadPlaces.set("virtual", undefined);
  }

  #listenForLeaving(): void {
    const release = (): void => this.releaseAll();
    this.#listeners.add(window, "blur", release);
    this.#listeners.add(window, "pagehide", release);
    this.#listeners.add(document, "visibilitychange", () => {
      if (document.visibilityState === "hidden") release();
    });
    this.#listeners.add<FocusEvent>(this.#init.target, "focusout", ({ relatedTarget }) => {
      if (this.#isOwn(relatedTarget)) return;
      // An on-screen keyboard that got the focus keeps its keys.
      this.#keys.releaseAll();
      this.#pointerKeys.releaseAll();
      this.#output.flush();
    });
  }

  #isOwn(node: EventTarget | null | undefined): boolean {
    return node === this.#init.target || node === this.#field.element;
  }

  /** The text field would bring up an input method, which is in the way of games. */
  #preferredFocus(): HTMLElement {
    const composes = this.#init.composesText !== false && this.#output.takesText;
    return composes && !this.#pointerLock.isLocked ? this.#field.element : this.#init.target;
  }

  #activate({ clientX, clientY }: PointerEvent): void {
    const box = this.#init.target.getBoundingClientRect();
    this.#field.placeAt(
      Math.max(0, Math.min(box.width - 2, clientX - box.x)),
      Math.max(0, Math.min(box.height - 20, clientY - box.y)),
    );
    if (!this.#hasFocus()) this.focus();
  }

  #hasFocus(): boolean {
    return this.#isOwn(rootOf(this.#init.target).activeElement);
  }

  /** What takes the focus may be another element now. */
  #refocus(): void {
    if (!this.#hasFocus()) return;
    if (this.#field.soft && !this.#output.takesText) this.#field.soft = false;
    if (!this.#field.soft) this.focus();
  }

  #relativeChanged(relative: boolean): void {
    if (!relative) this.releaseAll();
    this.#refocus();
    this.#init.onRelative?.(relative);
  }

  #handleChord(chord: Chord): void {
    if (chord === "leave") {
      this.#pointerLock.release();
      this.#field.element.blur();
      this.#init.target.blur();
    } else if (chord === "relative") {
      if (this.#pointerLock.isLocked) this.#pointerLock.release();
      else void this.requestRelative();
    }
    this.#init.onChord?.(chord);
  }
}
