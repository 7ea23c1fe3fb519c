import type { Rect } from "@wavry/rift-core";
import { pixelToFraction } from "@wavry/rift-core/input";
import type { WindowEvent } from "./window-events.ts";

/** What Ctrl+Alt+Shift with a letter asks of the client itself. */
export type Chord = "quit" | "fullscreen" | "relative" | "statistics";

/** The letters of the chords, with their HID usages for layouts without Latin letters. */
const CHORDS: readonly { letter: string; usage: number; chord: Chord }[] = [
  { letter: "q", usage: 20, chord: "quit" },
  { letter: "f", usage: 9, chord: "fullscreen" },
  { letter: "m", usage: 16, chord: "relative" },
  { letter: "s", usage: 22, chord: "statistics" },
];
const CONTROLS = [224, 228];
const SHIFTS = [225, 229];
const ALTS = [226, 230];

/**
 * Turns raw keyboard and mouse events into what the host should get: nothing twice, no key of a chord, an "up" for
 * every "down", positions as fractions of the picture, motion within one batch summed up.
 * Pure; events gather in `take()`.
 */
export class InputFilter {
  /** Which keys are down in truth, and which the host believes to be down. */
  readonly #held = new Set<number>();
  readonly #sentKeys = new Set<number>();
  readonly #sentButtons = new Set<number>();
  #events: WindowEvent[] = [];
  #pointerX = -1;
  #pointerY = -1;
  #wheelRestX = 0;
  #wheelRestY = 0;

  /** The events since the last call, in order; owned by the caller. Empty most of the time. */
  take(): WindowEvent[] {
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  /** Adds an event that needs no filtering. */
  add(event: WindowEvent): void {
    this.#events.push(event);
  }

  /** A key by HID usage; `letter` is what the layout has there (any case), "" if nothing. Gives the chord it completes. */
  key(usage: number, down: boolean, letter = ""): Chord | undefined {
    if (!down) {
      this.#held.delete(usage);
      if (this.#sentKeys.delete(usage)) this.add({ type: "key", usage, down });
      return undefined;
    }
    if (this.#held.has(usage)) return undefined;
    this.#held.add(usage);
    const chord = this.#chordOf(usage, letter.toLowerCase());
    if (chord !== undefined) {
      this.releaseAll();
      return chord;
    }
    this.#sentKeys.add(usage);
    this.add({ type: "key", usage, down });
    return undefined;
  }

  /** A button by HID usage. */
  button(button: number, down: boolean): void {
    if (down === this.#sentButtons.has(button)) return;
    if (down) this.#sentButtons.add(button);
    else this.#sentButtons.delete(button);
    this.add({ type: "button", button, down });
  }

  /** The pointer at a pixel of the window, of which the picture takes up `area`. */
  pointer(x: number, y: number, area: Rect): void {
    const fractionX = pixelToFraction(x - area.x, area.width);
    const fractionY = pixelToFraction(y - area.y, area.height);
    if (fractionX === this.#pointerX && fractionY === this.#pointerY) return;
    this.#pointerX = fractionX;
    this.#pointerY = fractionY;
    if (this.#events.at(-1)?.type === "pointer") this.#events.pop();
    this.add({ type: "pointer", x: fractionX, y: fractionY });
  }

  /** The mouse moved by a distance. */
  motion(dx: number, dy: number): void {
    if (dx === 0 && dy === 0) return;
    const last = this.#events.at(-1);
    if (last?.type === "motion") {
      this.#events.pop();
      this.add({ type: "motion", dx: last.dx + dx, dy: last.dy + dy });
    } else this.add({ type: "motion", dx, dy });
  }

  /** The wheel turned by notches, which may be fractions; what is smaller than 1/120 is kept for the next time. */
  wheel(notchesX: number, notchesY: number): void {
    const wholeX = notchesX * 120 + this.#wheelRestX;
    const wholeY = notchesY * 120 + this.#wheelRestY;
    const dx = Math.trunc(wholeX);
    const dy = Math.trunc(wholeY);
    this.#wheelRestX = wholeX - dx;
    this.#wheelRestY = wholeY - dy;
    if (dx !== 0 || dy !== 0) this.add({ type: "wheel", dx, dy });
  }

  /** The keyboard came or went. */
  focus(focused: boolean): void {
    if (!focused) {
      this.releaseAll();
      this.#held.clear();
    }
    this.add({ type: "focus", focused });
  }

  /** Makes the host believe that nothing is held. */
  releaseAll(): void {
    for (const usage of this.#sentKeys) this.add({ type: "key", usage, down: false });
    for (const button of this.#sentButtons) this.add({ type: "button", button, down: false });
    this.#sentKeys.clear();
    this.#sentButtons.clear();
  }

  #chordOf(usage: number, letter: string): Chord | undefined {
    const all = [CONTROLS, SHIFTS, ALTS].every((pair) => pair.some((key) => this.#held.has(key)));
    if (!all) return undefined;
    const latin = /^[a-z]$/.test(letter);
    return CHORDS.find((each) => (latin ? each.letter === letter : each.usage === usage))?.chord;
  }
}
