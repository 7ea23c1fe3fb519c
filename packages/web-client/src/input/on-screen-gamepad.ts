import type { VirtualInput } from "./browser-input.ts";
import { GamepadButton, type GamepadState, readGamepad } from "./gamepad-state.ts";
import { usageOfCode } from "./key-codes.ts";
import { Listeners } from "./listeners.ts";
import { stickAt, stickDirections } from "./stick.ts";

const STYLE = `
  :host { display: flex; justify-content: space-between; align-items: end; gap: 8px; touch-action: none;
    user-select: none; -webkit-user-select: none; font: 600 15px/1 system-ui, sans-serif; color: var(--wavry-key-text, CanvasText); }
  :host([hidden]) { display: none; }
  section { display: grid; grid-template-columns: repeat(3, 48px); gap: 4px; }
  button { height: 48px; padding: 0; font: inherit; color: inherit; touch-action: none;
    background: var(--wavry-key, ButtonFace); border: 1px solid var(--wavry-key-edge, GrayText); border-radius: 24px; }
  button[data-down] { background: var(--wavry-key-down, Highlight); color: var(--wavry-key-down-text, HighlightText); }
  button:focus-visible { outline: 3px solid var(--wavry-focus, Highlight); }
  .stick { grid-column: 1 / -1; width: 120px; height: 120px; justify-self: center; position: relative; touch-action: none;
    border: 1px solid var(--wavry-key-edge, GrayText); border-radius: 50%; background: var(--wavry-key, ButtonFace); }
  .knob { position: absolute; inset: 35px; border-radius: 50%; background: var(--wavry-key-text, CanvasText); opacity: .6; }
`;

/** Index of the button, print, name, and the key that stands for it where the host takes no gamepad; "" is a gap. */
const LEFT: readonly (readonly [number, string, string, string] | "")[] = [
  [GamepadButton.leftTrigger, "L2", "L2", "KeyQ"],
  [GamepadButton.leftBumper, "L1", "L1", "ShiftLeft"],
  [GamepadButton.select, "⧉", "Select", "Tab"],
  "",
  [GamepadButton.up, "▲", "Up", "ArrowUp"],
  "",
  [GamepadButton.left, "◀", "Left", "ArrowLeft"],
  [GamepadButton.down, "▼", "Down", "ArrowDown"],
  [GamepadButton.right, "▶", "Right", "ArrowRight"],
];
const RIGHT: typeof LEFT = [
  [GamepadButton.start, "☰", "Start", "Escape"],
  [GamepadButton.rightBumper, "R1", "R1", "KeyR"],
  [GamepadButton.rightTrigger, "R2", "R2", "KeyE"],
  "",
  [GamepadButton.north, "Y", "Y", "KeyF"],
  "",
  [GamepadButton.west, "X", "X", "KeyX"],
  [GamepadButton.south, "A", "A", "Space"],
  [GamepadButton.east, "B", "B", "ControlLeft"],
];
const LEFT_STICK_KEYS = { up: "KeyW", down: "KeyS", left: "KeyA", right: "KeyD" } as const;
const RIGHT_STICK_KEYS = { up: "KeyI", down: "KeyK", left: "KeyJ", right: "KeyL" } as const;

/**
 * `<wavry-gamepad>`: a game controller on the screen, for fingers; its buttons also for keyboards. Where the host takes
 * no gamepad it presses keys instead, W A S D for the left stick. `input` says where it goes.
 */
export class OnScreenGamepad extends HTMLElement {
  readonly #codes = new Map<number, string>();
  readonly #down = new Set<number>();
  readonly #axes = [0, 0, 0, 0];
  readonly #heldKeys = new Set<number>();
  readonly #fingers = new Map<number, (event?: PointerEvent) => void>();
  #input: VirtualInput | undefined;
  #unsubscribe: (() => void) | undefined;
  #listeners: Listeners | undefined;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.append(this.#makeHalf(LEFT, 0), this.#makeHalf(RIGHT, 2));
  }

  /** Where it goes (`BrowserInput.virtual`); what is held is released before it changes. */
  get input(): VirtualInput | undefined {
    return this.#input;
  }

  set input(input: VirtualInput | undefined) {
    this.#letGo();
    this.#input?.gamepad(undefined);
    this.#unsubscribe?.();
    this.#input = input;
    this.#unsubscribe = input?.onReleased(() => this.#letGo());
  }

  connectedCallback(): void {
    this.role ??= "group";
    this.ariaLabel ??= "Gamepad";
    const listeners = new Listeners();
    this.#listeners = listeners;
    const root = this.shadowRoot ?? this;
    listeners.add<PointerEvent>(root, "pointermove", (event) =>
      this.#fingers.get(event.pointerId)?.(event),
    );
    for (const type of ["pointerup", "pointercancel"])
      listeners.add<PointerEvent>(root, type, ({ pointerId }) => {
        this.#fingers.get(pointerId)?.();
        this.#fingers.delete(pointerId);
      });
    for (const type of ["mousedown", "contextmenu"])
      listeners.add(root, type, (event) => event.preventDefault());
  }

  disconnectedCallback(): void {
    this.#letGo();
    this.#input?.gamepad(undefined);
    this.#listeners?.[Symbol.dispose]();
  }

  #makeHalf(buttons: typeof LEFT, firstAxis: number): HTMLElement {
    const half = document.createElement("section");
    for (const each of buttons) {
      if (each === "") half.append(document.createElement("span"));
      else half.append(this.#makeButton(...each));
    }
    half.append(this.#makeStick(firstAxis));
    return half;
  }

  #makeButton(index: number, label: string, name: string, code: string): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-label", name);
    this.#codes.set(index, code);
    const set = (down: boolean): void => {
      button.toggleAttribute("data-down", down);
      if (down) this.#down.add(index);
      else this.#down.delete(index);
      this.#tell();
    };
    button.addEventListener("pointerdown", (event) => {
      if (event.isTrusted) button.setPointerCapture(event.pointerId);
      this.#fingers.set(event.pointerId, (moved) => {
        if (moved === undefined) set(false);
      });
      set(true);
    });
    for (const type of ["keydown", "keyup"] as const)
      button.addEventListener(type, ({ key, repeat }) => {
        if ((key === "Enter" || key === " ") && !repeat) set(type === "keydown");
      });
    button.addEventListener("blur", () => {
      if (this.#down.has(index)) set(false);
    });
    return button;
  }

  #makeStick(firstAxis: number): HTMLElement {
    const stick = document.createElement("div");
    stick.className = "stick";
    const knob = document.createElement("div");
    knob.className = "knob";
    stick.append(knob);
    const follow = (event?: PointerEvent): void => {
      const box = stick.getBoundingClientRect();
      const radius = box.width / 2;
      const [dx, dy] =
        event === undefined
          ? [0, 0]
          : [event.clientX - box.x - radius, event.clientY - box.y - box.height / 2];
      const { x, y } = stickAt(dx, dy, radius);
      knob.style.setProperty("transform", `translate(${x * 35}px, ${y * 35}px)`);
      this.#axes[firstAxis] = x;
      this.#axes[firstAxis + 1] = y;
      this.#tell();
    };
    stick.addEventListener("pointerdown", (event) => {
      if (event.isTrusted) stick.setPointerCapture(event.pointerId);
      this.#fingers.set(event.pointerId, follow);
      follow(event);
    });
    return stick;
  }

  #state(): GamepadState {
    const buttons = Array.from({ length: 17 }, (_, index) => {
      const pressed = this.#down.has(index);
      return { pressed, value: pressed ? 1 : 0 };
    });
    return readGamepad({ buttons, axes: this.#axes });
  }

  #tell(): void {
    const input = this.#input;
    if (input === undefined) return;
    if (input.takesGamepads) input.gamepad(this.#state());
    else this.#holdKeys(input, this.#keys());
  }

  /** The keys that stand for what is held. */
  #keys(): Set<number> {
    const codes = Array.from(this.#down, (index) => this.#codes.get(index) ?? "");
    const [leftX = 0, leftY = 0, rightX = 0, rightY = 0] = this.#axes;
    for (const [keys, x, y] of [
      [LEFT_STICK_KEYS, leftX, leftY],
      [RIGHT_STICK_KEYS, rightX, rightY],
    ] as const) {
      const held = stickDirections(x, y);
      for (const way of ["up", "down", "left", "right"] as const)
        if (held[way]) codes.push(keys[way]);
    }
    return new Set(codes.flatMap((code) => usageOfCode(code) ?? []));
  }

  #holdKeys(input: VirtualInput, keys: ReadonlySet<number>): void {
    for (const usage of this.#heldKeys.difference(keys)) input.key(usage, false);
    for (const usage of keys.difference(this.#heldKeys)) input.key(usage, true);
    this.#heldKeys.clear();
    for (const usage of keys) this.#heldKeys.add(usage);
  }

  #letGo(): void {
    this.#down.clear();
    this.#axes.fill(0);
    for (const release of this.#fingers.values()) release();
    this.#fingers.clear();
    for (const button of this.shadowRoot?.querySelectorAll("[data-down]") ?? [])
      button.removeAttribute("data-down");
    if (this.#input !== undefined) this.#holdKeys(this.#input, new Set());
  }
}
