import { createGamepadRecord, type GamepadRecord, type GamepadSection } from "./gamepad-section.ts";
import { copyGamepad, MAX_GAMEPADS, NEUTRAL_GAMEPAD, sameGamepad } from "./gamepad-state.ts";
import type { InputSink } from "./input-sink.ts";
import { serialAdd, serialDistance } from "./serial.ts";

/** What a section has brought: nothing, other sticks and triggers, or states in which a button or the presence changed. */
export const GamepadNews = { none: 0, motion: 1, transition: 2 } as const;
export type GamepadNews = (typeof GamepadNews)[keyof typeof GamepadNews];

/** One client's controllers as its `InputReceiver` knows them (spec/input.md §4). */
export class GamepadReceiver {
  readonly #pads = Array.from({ length: MAX_GAMEPADS }, (_, index) => createGamepadRecord(index));
  #nextPast: number;

  constructor(firstNumber: number) {
    this.#nextPast = firstNumber >>> 0;
  }

  /** Whether any controller is not at rest. */
  get holdsAnything(): boolean {
    return this.#pads.some((pad) => pad.present && !sameGamepad(pad, NEUTRAL_GAMEPAD));
  }

  /** Whether past states before this section's were lost for good. */
  misses(section: GamepadSection): boolean {
    return section.used && serialDistance(section.firstPast, this.#nextPast) > 0;
  }

  /** Plays what is new in the section of a newer datagram. */
  receive(section: GamepadSection, sink: InputSink): GamepadNews {
    if (!section.used) return this.unplugAll(sink) ? GamepadNews.transition : GamepadNews.none;
    const { firstPast, pastCount, presentCount, records } = section;
    const known = Math.max(0, Math.min(serialDistance(this.#nextPast, firstPast), pastCount));
    let news: GamepadNews = known < pastCount ? GamepadNews.transition : GamepadNews.none;
    for (let i = known; i < pastCount; i++) this.#play(records[i]!, sink);
    this.#nextPast = serialAdd(firstPast, pastCount);
    let at = pastCount;
    for (const pad of this.#pads) {
      const record = at < pastCount + presentCount ? records[at]! : undefined;
      if (record?.index === pad.index) {
        at++;
        if (this.#play(record, sink) && news === GamepadNews.none) news = GamepadNews.motion;
      } else if (this.#unplug(pad, sink)) news = GamepadNews.transition;
    }
    return news;
  }

  /** Puts every controller to rest; it stays plugged in. */
  rest(sink: InputSink): void {
    for (const pad of this.#pads) {
      if (!pad.present || sameGamepad(pad, NEUTRAL_GAMEPAD)) continue;
      copyGamepad(pad, NEUTRAL_GAMEPAD);
      sink.gamepad?.(pad.index, pad);
    }
  }

  /** Takes every controller away; whether there was one. */
  unplugAll(sink: InputSink): boolean {
    let any = false;
    for (const pad of this.#pads) any = this.#unplug(pad, sink) || any;
    return any;
  }

  /** Whether this changed the controller. */
  #play(record: GamepadRecord, sink: InputSink): boolean {
    const pad = this.#pads[record.index]!;
    if (!record.present) return this.#unplug(pad, sink);
    if (pad.present && sameGamepad(pad, record)) return false;
    pad.present = true;
    copyGamepad(pad, record);
    sink.gamepad?.(pad.index, pad);
    return true;
  }

  #unplug(pad: GamepadRecord, sink: InputSink): boolean {
    if (!pad.present) return false;
    pad.present = false;
    copyGamepad(pad, NEUTRAL_GAMEPAD);
    sink.gamepad?.(pad.index, undefined);
    return true;
  }
}
