import type { Micros } from "@wavry/rift-core";

/** Counts what came in by packet number, and how much of the last second or so was lost. */
export class ArrivalMeter {
  #highest = 0;
  #received = 0;
  #bytes = 0;
  #windowStart: Micros | undefined;
  #windowHighest = 0;
  #windowReceived = 0;
  #lossRatio = 0;

  /** How often the loss ratio is renewed. */
  static readonly windowMicros: Micros = 1_000_000;

  /** The highest packet number. */
  get highest(): number {
    return this.#highest;
  }

  get received(): number {
    return this.#received;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Packets that are missing below the highest number: lost, or late. */
  get lost(): number {
    return Math.max(0, this.#highest - this.#received);
  }

  /** Share of packets lost in the last whole window, 0..1. */
  get lossRatio(): number {
    return this.#lossRatio;
  }

  /** Takes an authentic packet that is not a replay. */
  add(packetNumber: number, bytes: number, now: Micros): void {
    this.#received++;
    this.#bytes += bytes;
    if (packetNumber > this.#highest) this.#highest = packetNumber;
    this.#windowStart ??= now;
    if (now - this.#windowStart < ArrivalMeter.windowMicros) return;
    const expected = this.#highest - this.#windowHighest;
    const received = this.#received - this.#windowReceived;
    this.#lossRatio = expected > 0 ? Math.max(0, (expected - received) / expected) : 0;
    this.#windowStart = now;
    this.#windowHighest = this.#highest;
    this.#windowReceived = this.#received;
  }
}
