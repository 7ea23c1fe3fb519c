import type { Micros } from "@wavry/rift-core";

const WINDOW_MICROS: Micros = 500_000;
/** Ten seconds, and the window that is being filled. */
const WINDOWS = 21;
const PRESENT_WINDOWS = 4;
/** RTP, its extension and SRTP's tag, for each packet of so much payload. */
const PACKET_PAYLOAD_BYTES = 1_180;
const PACKET_OVERHEAD_BYTES = 30;

/** How much is sent, in windows of half a second. */
export class SentRate {
  readonly #bits: Float64Array = new Float64Array(WINDOWS);
  #window = 0;

  /** So much payload leaves as packets. */
  add(bytes: number, now: Micros): void {
    this.#turnTo(now);
    const packets = Math.ceil(bytes / PACKET_PAYLOAD_BYTES);
    this.#bits[this.#window % WINDOWS]! += (bytes + packets * PACKET_OVERHEAD_BYTES) * 8;
  }

  /** The most in any window of about the last two seconds, in bits a second. */
  nowBps(now: Micros): number {
    return this.#mostOf(PRESENT_WINDOWS, now);
  }

  /** The most in any window of about the last ten seconds. */
  lateBps(now: Micros): number {
    return this.#mostOf(WINDOWS, now);
  }

  #mostOf(windows: number, now: Micros): number {
    this.#turnTo(now);
    let most = 0;
    for (let back = 0; back < windows; back++)
      most = Math.max(most, this.#bits[(this.#window - back + WINDOWS * 2) % WINDOWS]!);
    return (most * 1e6) / WINDOW_MICROS;
  }

  #turnTo(now: Micros): void {
    const window = Math.max(this.#window, Math.floor(now / WINDOW_MICROS));
    const turns = Math.min(WINDOWS, window - this.#window);
    for (let turn = 0; turn < turns; turn++) this.#bits[(window - turn) % WINDOWS] = 0;
    this.#window = window;
  }
}
