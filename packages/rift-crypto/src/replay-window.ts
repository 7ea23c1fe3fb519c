/** How far behind the newest packet an old one may be. */
export const REPLAY_WINDOW_PACKETS = 4096;

const WORD_BITS = 32;
// One word more than the window, so that the word being filled holds no bits that still count.
const WORDS = REPLAY_WINDOW_PACKETS / WORD_BITS + 1;

/**
 * Remembers which packet numbers have come (RFC 6479). Numbers are 0 to 2^53-1.
 * Ask `isFresh` before a packet is opened, and `mark` it only once it has verified.
 */
export class ReplayWindow {
  readonly #seen = new Uint32Array(WORDS);
  #highest = -1;

  /** The highest number marked so far; -1 at the start. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether the number has not been marked and is not too old to tell. */
  isFresh(packetNumber: number): boolean {
    if (packetNumber > this.#highest) return true;
    if (this.#highest - packetNumber >= REPLAY_WINDOW_PACKETS) return false;
    const word = Math.floor(packetNumber / WORD_BITS);
    return ((this.#seen[word % WORDS]! >>> (packetNumber % WORD_BITS)) & 1) === 0;
  }

  /** Marks a fresh number as seen. */
  mark(packetNumber: number): void {
    const word = Math.floor(packetNumber / WORD_BITS);
    if (packetNumber > this.#highest) {
      const newest = this.#highest < 0 ? -1 : Math.floor(this.#highest / WORD_BITS);
      const cleared = Math.min(word - newest, WORDS);
      for (let index = 0; index < cleared; index++) this.#seen[(word - index) % WORDS] = 0;
      this.#highest = packetNumber;
    }
    this.#seen[word % WORDS]! |= 1 << (packetNumber % WORD_BITS);
  }
}
