/** Of the last pictures, how many count. */
const MEMORY = 30;
/** A picture below this part of its share was not held back by the rate. */
const HELD_BACK = 0.5;
const MOST = 1.2;

/**
 * With a rate buffer of one picture an encoder may never exceed its rate, so on average it stays below. This finds by
 * how much more it must be asked for to give what is wanted.
 */
export class RateTrim {
  #share = 1;
  #factor = 1;

  /** What to ask for, as a multiple of what is wanted: 1..1.2. */
  get factor(): number {
    return this.#factor;
  }

  /** Takes a picture's size as a part of what a picture may take on average. True: the factor has changed noticeably. */
  add(share: number): boolean {
    if (share < HELD_BACK) return false;
    this.#share += (share - this.#share) / MEMORY;
    const wanted = Math.min(MOST, Math.max(1, this.#factor / this.#share));
    if (Math.abs(wanted - this.#factor) < 0.03) return false;
    this.#factor = wanted;
    this.#share = 1;
    return true;
  }
}
