/** The most seconds since 1970 that fit beside two bits. */
const SIDES = 4;

/**
 * Which leases were presented, by which sides, until they are over. Bounded: what is not over is never forgotten, so that
 * a store that is full takes no further lease.
 */
export class UsedLeases {
  readonly #max: number;
  /** Lease ID → seconds since 1970 at which it may be forgotten, × 4, and a bit for each side. */
  readonly #used = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Leases that are remembered. */
  get size(): number {
    return this.#used.size;
  }

  /** Whether any side presented it. */
  has(leaseId: string): boolean {
    return this.#used.has(leaseId);
  }

  /** Whether that side presented it. */
  hasSide(leaseId: string, side: number): boolean {
    return (((this.#used.get(leaseId) ?? 0) % SIDES) & (1 << side)) !== 0;
  }

  /** Whether there is room for it, or it is there. */
  hasRoom(leaseId: string): boolean {
    return this.#used.size < this.#max || this.#used.has(leaseId);
  }

  /** Remembers that a side presented it. */
  use(leaseId: string, side: number, forgetAt: number): void {
    const bits = (this.#used.get(leaseId) ?? 0) % SIDES;
    this.#used.set(leaseId, forgetAt * SIDES + (bits | (1 << side)));
  }

  /** Forgets what is over. `unixSeconds`: seconds since 1970. */
  sweep(unixSeconds: number): void {
    for (const [leaseId, value] of this.#used)
      if (Math.floor(value / SIDES) <= unixSeconds) this.#used.delete(leaseId);
  }
}
