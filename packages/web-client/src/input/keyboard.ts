import { usageOfCode } from "./key-codes.ts";
import type { KeyPlatform } from "./platform.ts";

/** Which modifiers the browser says are down. */
export interface Modifiers {
  readonly shift: boolean;
  readonly control: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
  readonly altGraph: boolean;
}

/** A `keydown` or `keyup` as far as it counts. */
export interface KeySignal extends Modifiers {
  readonly code: string;
  readonly key: string;
  readonly down: boolean;
  readonly repeat: boolean;
  readonly atMillis: number;
}

/** What Ctrl+Alt+Shift with Q, F, M or S asks of the client itself, as in the native one. */
export type Chord = "leave" | "fullscreen" | "relative" | "statistics";

const CHORDS: readonly { letter: string; usage: number; chord: Chord }[] = [
  { letter: "q", usage: 0x14, chord: "leave" },
  { letter: "f", usage: 0x09, chord: "fullscreen" },
  { letter: "m", usage: 0x10, chord: "relative" },
  { letter: "s", usage: 0x16, chord: "statistics" },
];

const CAPS_LOCK = 0x39;
const PRINT_SCREEN = 0x46;
const CONTROL_LEFT = 0xe0;
const ALT_RIGHT = 0xe6;
const FIRST_MODIFIER = 0xe0;
const LAST_MODIFIER = 0xe7;
const CONTROLS = [0xe0, 0xe4];
const SHIFTS = [0xe1, 0xe5];
const ALTS = [0xe2, 0xe6];

/** Modifiers by usage, in the order of the usages of both sides of the keyboard. */
const FLAGS = ["control", "shift", "alt", "meta"] as const;

/** Windows tells of AltGr as Ctrl and, in the same moment, the right Alt. */
const ALT_GRAPH_MILLIS = 20;

/** Keys of Asian keyboards that Windows never tells the release of. */
const NO_RELEASE_ON_WINDOWS =
  /^(?:HangulMode|HanjaMode|KanaMode|KanjiMode|Katakana|Hiragana|HiraganaKatakana|Romaji|Zenkaku|Hankaku|ZenkakuHankaku|Eisu|Alphanumeric)$/;

/**
 * Turns a browser's key events into presses and releases of physical keys: nothing twice, and a release for every
 * press, also where a system swallows it. Pure; the clock is the events' own.
 */
export class Keyboard {
  readonly #platform: KeyPlatform;
  readonly #press: (usage: number, down: boolean) => void;
  readonly #held = new Set<number>();
  /** Modifiers that are held and whose flag the browser shows, so that its absence means a swallowed release. */
  readonly #flagged = new Set<number>();
  #controlAtMillis: number | undefined;

  /** `press` gets what the host is to get. */
  constructor(platform: KeyPlatform, press: (usage: number, down: boolean) => void) {
    this.#platform = platform;
    this.#press = press;
  }

  /** When to call `handleTimeout`; undefined: not now. */
  get dueAtMillis(): number | undefined {
    return this.#controlAtMillis === undefined
      ? undefined
      : this.#controlAtMillis + ALT_GRAPH_MILLIS;
  }

  /** Takes a key event; gives the chord that it completes, which the host does not get. */
  handle(signal: KeySignal): Chord | undefined {
    const usage = usageOfCode(signal.code);
    if (usage === ALT_RIGHT && signal.down) this.#controlAtMillis = undefined;
    else this.#settleControl();
    this.reconcile(signal, usage);
    if (usage === undefined) return undefined;
    if (signal.down) return this.#handleDown(usage, signal);
    this.#handleUp(usage);
    return undefined;
  }

  /** A key that was held back is due. */
  handleTimeout(nowMillis: number): void {
    if (this.dueAtMillis !== undefined && this.dueAtMillis <= nowMillis) this.#settleControl();
  }

  /** Releases modifiers that the browser says are up, as any event does; `own` is the event's own key. */
  reconcile(modifiers: Modifiers, own?: number): void {
    for (const usage of this.#flagged) {
      const flag = flagOf(usage);
      if (usage === own || modifiers[flag]) continue;
      // With AltGr down browsers hide Ctrl and Alt.
      if (modifiers.altGraph && (flag === "control" || flag === "alt")) continue;
      this.#set(usage, false);
    }
  }

  /** Releases everything. */
  releaseAll(): void {
    this.#controlAtMillis = undefined;
    for (const usage of this.#held) this.#set(usage, false);
  }

  #handleDown(usage: number, signal: KeySignal): Chord | undefined {
    const chord = this.#chordOf(usage, signal);
    if (chord !== undefined) {
      if (signal.repeat) return undefined;
      this.releaseAll();
      return chord;
    }
    // macOS tells of no release while Cmd is down, so that a held key would repeat until Cmd is up.
    if (this.#platform === "mac" && signal.meta && !isModifier(usage)) this.#tap(usage);
    else if (signal.repeat) return undefined;
    else if (this.#tapsOnly(usage, signal.key)) this.#tap(usage);
    else if (this.#platform === "windows" && usage === CONTROL_LEFT && !this.#held.has(usage))
      this.#controlAtMillis = signal.atMillis;
    else {
      this.#set(usage, true);
      if (isModifier(usage) && signal[flagOf(usage)]) this.#flagged.add(usage);
    }
    return undefined;
  }

  #handleUp(usage: number): void {
    if (this.#platform === "mac" && usage === CAPS_LOCK) this.#tap(usage);
    // Windows tells of Print Screen only when it comes up.
    else if (usage === PRINT_SCREEN && !this.#held.has(usage)) this.#tap(usage);
    else this.#set(usage, false);
    if (this.#platform === "mac" && FLAGS[usage & 3] === "meta" && isModifier(usage))
      for (const held of this.#held) if (!isModifier(held)) this.#set(held, false);
  }

  #tapsOnly(usage: number, key: string): boolean {
    if (this.#platform === "mac") return usage === CAPS_LOCK;
    return this.#platform === "windows" && NO_RELEASE_ON_WINDOWS.test(key);
  }

  #chordOf(usage: number, { key, control, shift, alt }: KeySignal): Chord | undefined {
    const holds = (pair: readonly number[]): boolean => pair.some((each) => this.#held.has(each));
    if (!(control || holds(CONTROLS)) || !(shift || holds(SHIFTS)) || !(alt || holds(ALTS)))
      return undefined;
    const letter = key.toLowerCase();
    const isLatin = /^[a-z]$/.test(letter);
    return CHORDS.find((each) => (isLatin ? each.letter === letter : each.usage === usage))?.chord;
  }

  #settleControl(): void {
    if (this.#controlAtMillis === undefined) return;
    this.#controlAtMillis = undefined;
    this.#set(CONTROL_LEFT, true);
  }

  #tap(usage: number): void {
    this.#set(usage, true);
    this.#set(usage, false);
  }

  #set(usage: number, down: boolean): void {
    if (this.#held.has(usage) === down) return;
    if (down) this.#held.add(usage);
    else this.#held.delete(usage);
    this.#flagged.delete(usage);
    this.#press(usage, down);
  }
}

function isModifier(usage: number): boolean {
  return usage >= FIRST_MODIFIER && usage <= LAST_MODIFIER;
}

function flagOf(modifier: number): (typeof FLAGS)[number] {
  return FLAGS[modifier & 3] ?? "control";
}
