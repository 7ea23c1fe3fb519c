/** Turns smooth scrolling into whole notches and keeps the rest, for systems whose wheel only clicks. */
export class ClickWheel {
  #rest = 0;

  /** Adds 1/120 notches; gives the whole notches that are full now, with their sign. */
  turn(delta120: number): number {
    this.#rest += delta120;
    const notches = (this.#rest / 120) | 0;
    this.#rest -= notches * 120;
    return notches;
  }
}
