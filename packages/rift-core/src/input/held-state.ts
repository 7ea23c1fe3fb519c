import { hasBit, setBit } from "./bit-set.ts";
import { MAX_GAMEPADS } from "./gamepad-state.ts";
import { MAX_BUTTON } from "./input-datagram.ts";
import type { InputSink } from "./input-sink.ts";

/** One client's door to the shared keyboard and pointer; disposing it releases what only this client holds. */
export interface HeldClient extends Required<InputSink>, Disposable {}

/**
 * Merges several clients into one keyboard and pointer: a key or button goes down with the first client that presses it
 * and up with the last one that lets go. Motion and scrolling pass through. Each client's controllers are its own: one that
 * is plugged in gets the lowest place that is free, 0..3, and where none is it waits for one.
 */
export class HeldState {
  readonly #sink: InputSink;
  readonly #keyHolders = new Uint16Array(256);
  readonly #buttonHolders = new Uint16Array(MAX_BUTTON + 1);
  readonly #takenPlaces = new Set<number>();

  /** `sink` gets the merged input. */
  constructor(sink: InputSink) {
    this.#sink = sink;
  }

  /** Adds a client. */
  attach(): HeldClient {
    const keys = new Uint8Array(32);
    const buttons = new Uint8Array(4);
    const sink = this.#sink;
    const key = (usage: number, down: boolean): void => {
      if (change(keys, this.#keyHolders, usage, down)) sink.key(usage, down);
    };
    const button = (number: number, down: boolean): void => {
      if (change(buttons, this.#buttonHolders, number, down)) sink.button(number, down);
    };
    const places = new Map<number, number>();
    const gamepad: HeldClient["gamepad"] = (index, state) => {
      if (sink.gamepad === undefined || !(index >= 0 && index < MAX_GAMEPADS)) return;
      const place = places.get(index) ?? this.#freePlace();
      if (place === undefined) return;
      if (state !== undefined) {
        places.set(index, place);
        this.#takenPlaces.add(place);
        sink.gamepad(place, state);
      } else if (places.delete(index)) {
        this.#takenPlaces.delete(place);
        sink.gamepad(place, undefined);
      }
    };
    return {
      key,
      button,
      moveAbsolute: (x, y, display) => sink.moveAbsolute(x, y, display),
      moveRelative: (dx, dy) => sink.moveRelative(dx, dy),
      scroll: (dx120, dy120) => sink.scroll(dx120, dy120),
      gamepad,
      [Symbol.dispose]: () => {
        for (const index of [...places.keys()]) gamepad(index, undefined);
        for (let number = 1; number <= MAX_BUTTON; number++) button(number, false);
        for (let usage = 0; usage < 256; usage++) key(usage, false);
      },
    };
  }

  #freePlace(): number | undefined {
    for (let place = 0; place < MAX_GAMEPADS; place++)
      if (!this.#takenPlaces.has(place)) return place;
    return undefined;
  }
}

/** Notes a client's press or release; whether it is the first press or the last release of all. */
function change(own: Uint8Array, holders: Uint16Array, code: number, down: boolean): boolean {
  if (code < 0 || code >= holders.length || hasBit(own, code) === down) return false;
  setBit(own, code, down);
  holders[code]! += down ? 1 : -1;
  return holders[code] === (down ? 1 : 0);
}
