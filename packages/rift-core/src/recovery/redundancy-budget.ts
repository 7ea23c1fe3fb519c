/** The most that is saved or owed, in bytes. */
const MOST_BYTES = 128 << 10;

/** Keeps what is spent on redundancy within a share of the video's bytes, over about a second and not in every update. */
export class RedundancyBudget {
  #bytes = 0;
  #share = 0;

  /** A share of the video's bytes, 0..1. */
  get share(): number {
    return this.#share;
  }

  set share(share: number) {
    this.#share = share;
  }

  /** Bytes that may be spent now; below 0: more was spent than earned. */
  get bytes(): number {
    return this.#bytes;
  }

  /** So many bytes of video go out for the first time. */
  earn(bytes: number): void {
    this.#bytes = Math.min(MOST_BYTES, this.#bytes + bytes * this.#share);
  }

  /** So many bytes go out in vain if everything arrives. */
  spend(bytes: number): void {
    this.#bytes = Math.max(-MOST_BYTES, this.#bytes - bytes);
  }
}
