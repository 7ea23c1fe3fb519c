import type { VirtualInput } from "./browser-input.ts";
import { usageOfCode } from "./key-codes.ts";
import { LATCHING, type LayoutKey, US_LAYOUT } from "./keyboard-layout.ts";
import { Latches } from "./latches.ts";
import { Listeners } from "./listeners.ts";

/** Colours and sizes are custom properties, so that a page can make it its own. */
const STYLE = `
  :host { display: block; user-select: none; -webkit-user-select: none; touch-action: none;
    font: 500 var(--wavry-key-size, 15px)/1 system-ui, sans-serif; color: var(--wavry-key-text, CanvasText); }
  :host([hidden]) { display: none; }
  div { display: flex; gap: 3px; margin-block-end: 3px; direction: ltr; }
  button { flex: 1 1 0; min-width: 0; min-height: var(--wavry-key-height, 40px); padding: 0; font: inherit;
    color: inherit; background: var(--wavry-key, ButtonFace); border: 1px solid var(--wavry-key-edge, GrayText);
    border-radius: 5px; overflow: hidden; touch-action: none; }
  button[data-down], button:active { background: var(--wavry-key-down, Highlight); color: var(--wavry-key-down-text, HighlightText); }
  button[aria-pressed="true"] { background: var(--wavry-key-down, Highlight); color: var(--wavry-key-down-text, HighlightText); }
  button[data-locked] { text-decoration: underline; }
  button:focus-visible { outline: 3px solid var(--wavry-focus, Highlight); outline-offset: 1px; }
`;

const SHIFT_LEFT = "ShiftLeft";

/**
 * `<wavry-keyboard>`: a keyboard on the screen, for fingers, mouse and keyboard. Modifiers hold for the next key, tapped
 * twice until they are tapped again. Arrow keys walk over it, Enter and Space press. `input` says where keys go.
 */
export class OnScreenKeyboard extends HTMLElement {
  readonly #latches: Latches;
  readonly #buttons: HTMLButtonElement[][] = [];
  readonly #keys = new Map<HTMLButtonElement, LayoutKey>();
  readonly #touching = new Map<number, HTMLButtonElement>();
  #input: VirtualInput | undefined;
  #unsubscribe: (() => void) | undefined;
  #listeners: Listeners | undefined;

  constructor() {
    super();
    this.#latches = new Latches(
      (usage, down) => this.#input?.key(usage, down),
      () => this.#show(),
    );
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    for (const row of US_LAYOUT) root.append(this.#makeRow(row));
    this.#show();
    const first = this.#buttons[0]?.[0];
    if (first !== undefined) first.tabIndex = 0;
  }

  /** Where keys go (`BrowserInput.virtual`); what is held is released before it changes. */
  get input(): VirtualInput | undefined {
    return this.#input;
  }

  set input(input: VirtualInput | undefined) {
    this.#letGo();
    this.#unsubscribe?.();
    this.#input = input;
    this.#unsubscribe = input?.onReleased(() => this.#letGo());
  }

  connectedCallback(): void {
    this.role ??= "group";
    this.ariaLabel ??= "Keyboard";
    const listeners = new Listeners();
    this.#listeners = listeners;
    const root = this.shadowRoot ?? this;
    listeners.add<PointerEvent>(root, "pointerdown", (event) => this.#touch(event));
    for (const type of ["pointerup", "pointercancel"])
      listeners.add<PointerEvent>(root, type, (event) => this.#lift(event));
    // The picture keeps the keyboard's focus, and a touch makes no menu.
    for (const type of ["mousedown", "contextmenu"])
      listeners.add(root, type, (event) => event.preventDefault());
    listeners.add<KeyboardEvent>(root, "keydown", (event) => this.#walk(event));
    listeners.add<MouseEvent>(root, "click", (event) => {
      // Without a pointer: by the keyboard or by a screen reader.
      if (event.detail === 0) this.#tap(event.target);
    });
  }

  disconnectedCallback(): void {
    this.#letGo();
    this.#listeners?.[Symbol.dispose]();
  }

  #makeRow(row: readonly LayoutKey[]): HTMLElement {
    const line = document.createElement("div");
    const buttons = row.map((key) => {
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = -1;
      button.dataset.code = key.code;
      button.style.setProperty("flex-grow", String(key.width ?? 4));
      if (key.name !== undefined) button.setAttribute("aria-label", key.name);
      this.#keys.set(button, key);
      return button;
    });
    line.append(...buttons);
    this.#buttons.push(buttons);
    return line;
  }

  #show(): void {
    const isShifted = this.#latches.state(usageOfCode(SHIFT_LEFT) ?? 0) !== "off";
    for (const [button, { code, label, shifted }] of this.#keys) {
      button.textContent = isShifted ? (shifted ?? label) : label;
      if (!LATCHING.has(code)) continue;
      const state = this.#latches.state(usageOfCode(code) ?? 0);
      button.setAttribute("aria-pressed", String(state !== "off"));
      button.toggleAttribute("data-locked", state === "locked");
    }
  }

  #touch(event: PointerEvent): void {
    const button = event.target as HTMLButtonElement;
    const key = this.#keys.get(button);
    if (key === undefined || event.button !== 0) return;
    if (LATCHING.has(key.code)) this.#latches.tapModifier(usageOfCode(key.code) ?? 0);
    else {
      this.#lift(event);
      this.#touching.set(event.pointerId, button);
      button.toggleAttribute("data-down", true);
      this.#latches.key(usageOfCode(key.code) ?? 0, true);
      // The release comes also from beside the key.
      if (event.isTrusted) button.setPointerCapture(event.pointerId);
    }
  }

  #lift({ pointerId }: PointerEvent): void {
    const button = this.#touching.get(pointerId);
    if (button === undefined) return;
    this.#touching.delete(pointerId);
    button.removeAttribute("data-down");
    this.#latches.key(usageOfCode(button.dataset.code ?? "") ?? 0, false);
  }

  #tap(target: EventTarget | null): void {
    const key = this.#keys.get(target as HTMLButtonElement);
    if (key === undefined) return;
    const usage = usageOfCode(key.code) ?? 0;
    if (LATCHING.has(key.code)) this.#latches.tapModifier(usage);
    else {
      this.#latches.key(usage, true);
      this.#latches.key(usage, false);
    }
  }

  #walk(event: KeyboardEvent): void {
    const y = this.#buttons.findIndex((row) => row.includes(event.target as HTMLButtonElement));
    const row = this.#buttons[y];
    if (row === undefined) return;
    const x = row.indexOf(event.target as HTMLButtonElement);
    const next = {
      ArrowLeft: row[x - 1],
      ArrowRight: row[x + 1],
      ArrowUp: this.#buttons[y - 1]?.at(Math.min(x, (this.#buttons[y - 1]?.length ?? 1) - 1)),
      ArrowDown: this.#buttons[y + 1]?.at(Math.min(x, (this.#buttons[y + 1]?.length ?? 1) - 1)),
      Home: row[0],
      End: row.at(-1),
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    row[x]?.setAttribute("tabindex", "-1");
    next.tabIndex = 0;
    next.focus();
  }

  #letGo(): void {
    for (const button of this.#touching.values()) button.removeAttribute("data-down");
    this.#touching.clear();
    this.#latches.releaseAll();
  }
}
