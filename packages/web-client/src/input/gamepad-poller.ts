import { type GamepadState, NEUTRAL_GAMEPAD, readGamepad, sameGamepad } from "./gamepad-state.ts";
import { Listeners } from "./listeners.ts";

/** Twice as often as most controllers report. */
const POLL_MILLIS = 4;

/** Watches the controllers of this machine: the Gamepad API has to be asked again and again. */
export class GamepadPoller implements Disposable {
  readonly #report: (index: number, state: GamepadState | undefined) => void;
  readonly #isActive: () => boolean;
  readonly #listeners = new Listeners();
  readonly #states = new Map<number, GamepadState>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `report` gets changes; while not `isActive()` every controller is at rest. */
  constructor(
    report: (index: number, state: GamepadState | undefined) => void,
    isActive: () => boolean,
  ) {
    this.#report = report;
    this.#isActive = isActive;
    this.#listeners.add(window, "gamepadconnected", () => this.#start());
    if (gamepads().length > 0) this.#start();
  }

  /** Puts every controller to rest, until it is moved again while active. */
  rest(): void {
    for (const [index, state] of this.#states) {
      if (sameGamepad(state, NEUTRAL_GAMEPAD)) continue;
      this.#states.set(index, NEUTRAL_GAMEPAD);
      this.#report(index, NEUTRAL_GAMEPAD);
    }
  }

  /** Takes every controller away; those that are still there are told of anew. */
  forget(): void {
    for (const index of this.#states.keys()) this.#report(index, undefined);
    this.#states.clear();
  }

  [Symbol.dispose](): void {
    this.#listeners[Symbol.dispose]();
    clearInterval(this.#timer);
    this.forget();
  }

  #start(): void {
    this.#timer ??= setInterval(() => this.#poll(), POLL_MILLIS);
  }

  #poll(): void {
    const present = gamepads();
    if (present.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    for (const index of this.#states.keys())
      if (!present.some((gamepad) => gamepad.index === index)) {
        this.#states.delete(index);
        this.#report(index, undefined);
      }
    if (!this.#isActive()) {
      this.rest();
      return;
    }
    for (const gamepad of present) {
      const state = readGamepad(gamepad);
      const before = this.#states.get(gamepad.index);
      if (before !== undefined && sameGamepad(before, state)) continue;
      this.#states.set(gamepad.index, state);
      this.#report(gamepad.index, state);
    }
  }
}

function gamepads(): Gamepad[] {
  try {
    return navigator.getGamepads().filter((gamepad) => gamepad?.connected === true) as Gamepad[];
  } catch {
    // A page's permissions policy may forbid it.
    return [];
  }
}
