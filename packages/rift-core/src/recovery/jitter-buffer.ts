import { MILLISECOND, type Micros } from "../micros.ts";

/** The most that a frame is held back. */
export const MAX_HOLD_MICROS: Micros = 10 * MILLISECOND;
/** Jitter up to this is shown as it is: holding frames back would cost more than it smooths. */
const STEADY_MICROS: Micros = 2 * MILLISECOND;
/** The fastest passage is looked for in the last one to two of these. */
const BASE_WINDOW_MICROS: Micros = 2_000 * MILLISECOND;
/** The wanted hold halves in this time without a late packet. */
const HALF_LIFE_MICROS: Micros = 3_000 * MILLISECOND;
/** A late packet is an accident of some machine; so many of them within about this time are jitter. */
const LATE_PACKETS = 3;
const LATE_HALF_LIFE_MICROS: Micros = 1_000 * MILLISECOND;
/** Who answers that fast is on this machine or on the same wire: what is late there waited for a processor. */
const NEAR_MICROS: Micros = 700;
/** A packet that comes so soon after another one may have waited behind it: that is a queue, no jitter. */
const QUIET_MICROS: Micros = 3 * MILLISECOND;
const SKIP_ONE_MICROS: Micros = 30 * MILLISECOND;
const SKIP_TWO_MICROS: Micros = 50 * MILLISECOND;
/** The usual round trip follows a new one by this share a sample. */
const RTT_SHARE = 1 / 8;

/**
 * Says how long to hold a complete update before it is shown, so that updates come evenly where the path is not even:
 * nothing on a steady path, up to 10 ms, quickly more and slowly less. It knows packets by their passage, the time from
 * sending to arrival up to any constant: how long host and encoder took does not count. After a jump of the round trip an
 * update or two are not held, so that the picture catches up.
 */
export class JitterBuffer {
  #holdMicros: Micros = 0;
  /** How late the latest packets of about half a second were. */
  readonly #latest: Float64Array = new Float64Array(LATE_PACKETS);
  #heldAt: Micros = 0;
  /** The fastest passages of this window and the last. */
  #fastest: Micros = Infinity;
  #lastFastest: Micros = Infinity;
  #windowEnd: Micros = -Infinity;
  #arrivedAt: Micros = -Infinity;
  #usualRttMicros: Micros = 0;
  #isNear = false;
  #skips = 0;

  /** How much later than the fastest an update may be without being late, 0..10 ms. */
  get holdMicros(): Micros {
    return this.#isNear || this.#holdMicros < STEADY_MICROS ? 0 : this.#holdMicros;
  }

  /** A packet of an update came in, in whatever order. */
  packetArrived(passageMicros: Micros, arrivedAt: Micros): void {
    if (arrivedAt >= this.#windowEnd) {
      // After a pause the clocks may have drifted apart.
      const isOld = arrivedAt >= this.#windowEnd + BASE_WINDOW_MICROS;
      this.#lastFastest = isOld ? Infinity : this.#fastest;
      this.#fastest = passageMicros;
      this.#windowEnd = arrivedAt + BASE_WINDOW_MICROS;
    } else this.#fastest = Math.min(this.#fastest, passageMicros);
    const isAlone = arrivedAt - this.#arrivedAt >= QUIET_MICROS;
    this.#arrivedAt = arrivedAt;
    if (!isAlone) return;
    const lateMicros = this.#latenessOf(passageMicros);
    const elapsed = Math.max(0, arrivedAt - this.#heldAt);
    this.#heldAt = arrivedAt;
    // One that is later than can be bridged says nothing of the next.
    const wanted = lateMicros > 3 * MAX_HOLD_MICROS ? 0 : Math.min(lateMicros, MAX_HOLD_MICROS);
    this.#holdMicros *= 2 ** (-elapsed / HALF_LIFE_MICROS);
    const latest = this.#latest;
    const fade = 2 ** (-elapsed / LATE_HALF_LIFE_MICROS);
    let least = 0;
    for (let place = 0; place < LATE_PACKETS; place++) {
      latest[place]! *= fade;
      if (latest[place]! < latest[least]!) least = place;
    }
    latest[least] = Math.max(latest[least]!, wanted);
    this.#holdMicros = Math.max(this.#holdMicros, Math.min(latest[0]!, latest[1]!, latest[2]!));
  }

  /** How long to hold the update that a packet with this passage made complete, from its arrival: 0..10 ms. */
  holdAfter(passageMicros: Micros): Micros {
    return Math.round(Math.max(0, this.holdMicros - this.#latenessOf(passageMicros)));
  }

  #latenessOf(passageMicros: Micros): Micros {
    return passageMicros - Math.min(this.#fastest, this.#lastFastest);
  }

  /** A round trip was measured; `minRttMicros`: the smallest of late. */
  roundTrip(rttMicros: Micros, minRttMicros: Micros = rttMicros): void {
    this.#isNear = minRttMicros < NEAR_MICROS;
    if (this.#usualRttMicros === 0) this.#usualRttMicros = rttMicros;
    const jump = rttMicros - this.#usualRttMicros;
    if (jump >= SKIP_ONE_MICROS) {
      this.#skips = jump >= SKIP_TWO_MICROS ? 2 : 1;
      // A new path's passages are no jitter, and one jump is one reason.
      this.#fastest = Infinity;
      this.#lastFastest = Infinity;
      this.#windowEnd = -Infinity;
      this.#usualRttMicros = rttMicros;
    } else this.#usualRttMicros += jump * RTT_SHARE;
  }

  /** True where the next update, and what is held, is to be shown at once; counts it. */
  takeSkip(): boolean {
    if (this.#skips === 0) return false;
    this.#skips--;
    return true;
  }
}
