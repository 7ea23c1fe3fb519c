import { type GamepadState, MAX_GAMEPADS } from "@wavry/rift-core/input";

/** Gives each controller that plays, real or on the screen, the lowest place that is free: the wire has four. Pure. */
export class GamepadPlaces<Key> {
  readonly #report: (place: number, state: GamepadState | undefined) => void;
  readonly #places = new Map<Key, number>();

  /** `report` gets what the controller at a place does, undefined once it is gone. */
  constructor(report: (place: number, state: GamepadState | undefined) => void) {
    this.#report = report;
  }

  /** What a controller does, undefined once it is gone. One for which there is no place waits for one. */
  set(key: Key, state: GamepadState | undefined): void {
    const place = this.#places.get(key) ?? this.#free();
    if (place === undefined) return;
    if (state !== undefined) {
      this.#places.set(key, place);
      this.#report(place, state);
    } else if (this.#places.delete(key)) this.#report(place, undefined);
  }

  /** Whether a controller has a place. */
  has(key: Key): boolean {
    return this.#places.has(key);
  }

  #free(): number | undefined {
    const taken = new Set(this.#places.values());
    for (let place = 0; place < MAX_GAMEPADS; place++) if (!taken.has(place)) return place;
    return undefined;
  }
}
