import { Button } from "@wavry/rift-core/input";

/**
 * What a finger that slides does: "move" leads the pointer, "drag" leads it with the left button down, "trackpad"
 * moves it by the finger's distance, wherever the finger is.
 */
export type TouchMode = "move" | "drag" | "trackpad";

/** What fingers do to the host; places are in CSS pixels of the viewport. */
export interface TouchOutput {
  pointTo(x: number, y: number): void;
  moveBy(dx: number, dy: number): void;
  button(button: number, down: boolean): void;
  /** In 1/120 notch to the right and away from the user; may be fractions. */
  scroll(dx120: number, dy120: number): void;
}

interface Finger {
  x: number;
  y: number;
}

const LONG_PRESS_MILLIS = 500;
const TWO_FINGER_TAP_MILLIS = 300;
const SECOND_TAP_MILLIS = 300;
const SLOP_PIXELS = 10;
const SECOND_TAP_PIXELS = 40;
const PINCH_PIXELS = 24;
const SCROLL_120_PER_PIXEL = 3;

type Phase =
  | "idle"
  /** One finger that has not moved yet. */
  | "pending"
  | "moving"
  | "dragging"
  /** Two fingers that have not moved yet. */
  | "two"
  | "scrolling"
  /** Nothing more until all fingers are up: after a long press, a pinch, three fingers. */
  | "spent";

/**
 * Fingers as a mouse: tap = click, twice = double click, long press or tap of two fingers = right click, sliding as
 * `TouchMode` says, tap and then slide = drag, two fingers = scroll. Pinching is reserved: it does nothing.
 * Pure; call `handleTimeout` when `dueAtMillis` has come.
 */
export class TouchGestures {
  mode: TouchMode;
  readonly #output: TouchOutput;
  readonly #fingers = new Map<number, Finger>();
  #phase: Phase = "idle";
  #start: Finger = { x: 0, y: 0 };
  #startedAtMillis = 0;
  #twoAtMillis = 0;
  /** Two fingers at the start, or at the last scrolling. */
  #centre: Finger = { x: 0, y: 0 };
  #distance = 0;
  #tap: (Finger & { atMillis: number }) | undefined;
  #followsTap = false;

  constructor(output: TouchOutput, mode: TouchMode = "move") {
    this.#output = output;
    this.mode = mode;
  }

  /** When to call `handleTimeout`; undefined: not now. */
  get dueAtMillis(): number | undefined {
    return this.#phase === "pending" ? this.#startedAtMillis + LONG_PRESS_MILLIS : undefined;
  }

  /** A finger touched. */
  down(id: number, x: number, y: number, atMillis: number): void {
    this.#fingers.set(id, { x, y });
    if (this.#phase === "idle") {
      this.#phase = "pending";
      this.#start = { x, y };
      this.#startedAtMillis = atMillis;
      const tap = this.#tap;
      this.#followsTap =
        tap !== undefined &&
        atMillis - tap.atMillis <= SECOND_TAP_MILLIS &&
        Math.hypot(x - tap.x, y - tap.y) <= SECOND_TAP_PIXELS;
    } else if (
      this.#fingers.size === 2 &&
      (this.#phase === "pending" || this.#phase === "moving")
    ) {
      this.#phase = "two";
      this.#twoAtMillis = atMillis;
      ({ centre: this.#centre, distance: this.#distance } = this.#pair());
    } else if (this.#phase !== "dragging") this.#phase = "spent";
  }

  /** A finger slid. */
  move(id: number, x: number, y: number): void {
    const finger = this.#fingers.get(id);
    if (finger === undefined) return;
    const dx = x - finger.x;
    const dy = y - finger.y;
    finger.x = x;
    finger.y = y;
    if (this.#phase === "pending") {
      if (Math.hypot(x - this.#start.x, y - this.#start.y) <= SLOP_PIXELS) return;
      if (this.#followsTap || this.mode === "drag") this.#beginDrag();
      else this.#phase = "moving";
      this.#follow(x, y, x - this.#start.x, y - this.#start.y);
    } else if (this.#phase === "moving" || this.#phase === "dragging") {
      if (this.#isFirst(id)) this.#follow(x, y, dx, dy);
    } else if (this.#phase === "two") this.#decideTwo();
    else if (this.#phase === "scrolling") this.#scroll();
  }

  /** A finger was lifted. */
  up(id: number, atMillis: number): void {
    const isFirst = this.#isFirst(id);
    if (!this.#fingers.delete(id)) return;
    if (this.#phase === "pending") this.#click(atMillis);
    else if (this.#phase === "dragging") {
      if (isFirst) {
        this.#output.button(Button.left, false);
        this.#phase = "spent";
      }
    } else if (this.#phase === "two") {
      if (atMillis - this.#twoAtMillis <= TWO_FINGER_TAP_MILLIS) this.#rightClick();
      this.#phase = "spent";
    } else this.#phase = "spent";
    if (this.#fingers.size === 0) this.#phase = "idle";
  }

  /** A finger has stayed where it is for long. */
  handleTimeout(nowMillis: number): void {
    if (this.dueAtMillis === undefined || this.dueAtMillis > nowMillis) return;
    if (this.#followsTap) this.#beginDrag();
    else {
      this.#rightClick();
      this.#phase = "spent";
    }
  }

  /** Forgets all fingers and lets go of what they hold. */
  cancel(): void {
    if (this.#phase === "dragging") this.#output.button(Button.left, false);
    this.#phase = "idle";
    this.#fingers.clear();
    this.#tap = undefined;
  }

  #isFirst(id: number): boolean {
    return this.#fingers.keys().next().value === id;
  }

  #beginDrag(): void {
    // The host should see a double click's second press where the first was.
    const from = this.#followsTap ? (this.#tap ?? this.#start) : this.#start;
    this.#point(from.x, from.y);
    this.#output.button(Button.left, true);
    this.#phase = "dragging";
  }

  #follow(x: number, y: number, dx: number, dy: number): void {
    if (this.mode === "trackpad") this.#output.moveBy(dx, dy);
    else this.#output.pointTo(x, y);
  }

  #point(x: number, y: number): void {
    if (this.mode !== "trackpad") this.#output.pointTo(x, y);
  }

  #click(atMillis: number): void {
    const at = this.#followsTap ? (this.#tap ?? this.#start) : this.#start;
    this.#point(at.x, at.y);
    this.#output.button(Button.left, true);
    this.#output.button(Button.left, false);
    this.#tap = { x: at.x, y: at.y, atMillis };
    this.#phase = "idle";
  }

  #rightClick(): void {
    this.#point(this.#start.x, this.#start.y);
    this.#output.button(Button.right, true);
    this.#output.button(Button.right, false);
    this.#tap = undefined;
  }

  #pair(): { centre: Finger; distance: number } {
    const [a, b] = this.#fingers.values();
    if (a === undefined || b === undefined) return { centre: this.#centre, distance: 0 };
    return {
      centre: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
      distance: Math.hypot(a.x - b.x, a.y - b.y),
    };
  }

  #decideTwo(): void {
    const { centre, distance } = this.#pair();
    const shift = Math.hypot(centre.x - this.#centre.x, centre.y - this.#centre.y);
    if (Math.abs(distance - this.#distance) > Math.max(PINCH_PIXELS, shift)) this.#phase = "spent";
    else if (shift > SLOP_PIXELS) {
      this.#point(this.#centre.x, this.#centre.y);
      this.#phase = "scrolling";
      this.#scroll();
    }
  }

  /** What is shown follows the fingers. */
  #scroll(): void {
    const { centre } = this.#pair();
    const dx = centre.x - this.#centre.x;
    const dy = centre.y - this.#centre.y;
    this.#centre = centre;
    this.#output.scroll(-dx * SCROLL_120_PER_PIXEL, dy * SCROLL_120_PER_PIXEL);
  }
}
