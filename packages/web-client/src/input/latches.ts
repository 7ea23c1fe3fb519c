/** How a modifier of an on-screen keyboard stands: "latched" holds for the next key, "locked" until it is tapped again. */
export type LatchState = "off" | "latched" | "locked";

/** The keys of an on-screen keyboard: modifiers latch, every other key is down while it is touched. Pure. */
export class Latches {
  readonly #press: (usage: number, down: boolean) => void;
  readonly #changed: () => void;
  readonly #states = new Map<number, Exclude<LatchState, "off">>();
  readonly #down = new Set<number>();

  /** `press` gets presses and releases; `changed` is told when a modifier's state has changed. */
  constructor(press: (usage: number, down: boolean) => void, changed: () => void) {
    this.#press = press;
    this.#changed = changed;
  }

  /** How a modifier stands. */
  state(usage: number): LatchState {
    return this.#states.get(usage) ?? "off";
  }

  /** A modifier was tapped: off, latched, locked, off. */
  tapModifier(usage: number): void {
    const state = this.state(usage);
    if (state === "off") {
      this.#states.set(usage, "latched");
      this.#press(usage, true);
    } else if (state === "latched") this.#states.set(usage, "locked");
    else this.#release(usage);
    this.#changed();
  }

  /** Another key went down or up; up ends what was latched for it. */
  key(usage: number, down: boolean): void {
    if (down === this.#down.has(usage)) return;
    if (down) this.#down.add(usage);
    else this.#down.delete(usage);
    this.#press(usage, down);
    if (down || this.#down.size > 0) return;
    for (const [modifier, state] of this.#states) if (state === "latched") this.#release(modifier);
    this.#changed();
  }

  /** Releases everything. */
  releaseAll(): void {
    for (const usage of this.#down) this.#press(usage, false);
    this.#down.clear();
    for (const modifier of this.#states.keys()) this.#release(modifier);
    this.#changed();
  }

  #release(modifier: number): void {
    this.#states.delete(modifier);
    this.#press(modifier, false);
  }
}
