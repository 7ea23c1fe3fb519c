import type { BurstLoss } from "./burst-loss.ts";

const SLOTS = 1 << 10;
const MASK = SLOTS - 1;
const Fate = { unknown: 0, arrived: 1, lost: 2 } as const;
/** Packets that weigh most: those before fade away. */
const MEMORY_PACKETS = 8_000;
const FADE = 1 - 1 / MEMORY_PACKETS;
/** A burst is taken for this long until as many bursts were seen. */
const PRIOR_BURST = 1;
const PRIOR_BURSTS = 0.5;

/**
 * How a path loses packets, fitted to the model of Gilbert and Elliott over the last few thousand packets. Fed with the
 * fate of packets by number, nearly in order, as a sender learns it from arrival reports.
 */
export class LossPattern implements BurstLoss {
  readonly #fates: Uint8Array = new Uint8Array(SLOTS);
  /** Every packet before this one is counted. */
  #next = 0;
  #highest = 0;
  #wasLost = false;
  #packets = 0;
  #lost = 0;
  #bursts = 0;

  /** Share of packets that are lost, 0..1; 0 before there are any. */
  get ratio(): number {
    return this.#packets === 0 ? 0 : this.#lost / this.#packets;
  }

  /** Mean length of a burst of losses in packets; 1 before there are any. */
  get burst(): number {
    const lost = this.#lost + PRIOR_BURST * PRIOR_BURSTS;
    return Math.max(1, lost / (this.#bursts + PRIOR_BURSTS));
  }

  /** Packets that the figures rest on, those long ago counting less. */
  get weight(): number {
    return this.#packets;
  }

  /** A packet arrived. */
  arrived(packetNumber: number): void {
    this.#note(packetNumber, Fate.arrived);
  }

  /** A packet is taken for lost. */
  lost(packetNumber: number): void {
    this.#note(packetNumber, Fate.lost);
  }

  #note(packetNumber: number, fate: number): void {
    if (this.#next === 0) this.#next = packetNumber;
    if (packetNumber < this.#next) return;
    if (packetNumber - this.#next >= 2 * SLOTS) this.#restart(packetNumber);
    // What is still unknown so far back stays so.
    while (packetNumber - this.#next >= SLOTS) this.#count();
    this.#fates[packetNumber & MASK] = fate;
    if (packetNumber > this.#highest) this.#highest = packetNumber;
    while (this.#next <= this.#highest && this.#fates[this.#next & MASK] !== Fate.unknown)
      this.#count();
  }

  #count(): void {
    const slot = this.#next++ & MASK;
    const fate = this.#fates[slot];
    this.#fates[slot] = Fate.unknown;
    if (fate === Fate.unknown) return;
    const lost = fate === Fate.lost;
    this.#packets = this.#packets * FADE + 1;
    this.#lost = this.#lost * FADE + (lost ? 1 : 0);
    this.#bursts = this.#bursts * FADE + (lost && !this.#wasLost ? 1 : 0);
    this.#wasLost = lost;
  }

  #restart(packetNumber: number): void {
    this.#fates.fill(Fate.unknown);
    this.#next = packetNumber;
    this.#wasLost = false;
  }
}
