import type { Micros } from "@wavry/rift-core";

/** Round-trip time as RFC 9002 §5 smooths it, its minimum, and the offset between both clocks. */
export class RttEstimator {
  #smoothed: Micros | undefined;
  #variation: Micros = 0;
  #latest: Micros = 0;
  /** The minimum of the running half window and of the one before it. */
  #windowStart: Micros = 0;
  #minimum: Micros = Infinity;
  #previousMinimum: Micros = Infinity;
  #offset: Micros | undefined;
  /** The round trip of the sample that the offset comes from, made worse by age. */
  #offsetRtt: Micros = Infinity;
  #samples = 0;
  /** When the path became another. */
  #since: Micros = -Infinity;

  /** Half of the window over which the minimum holds. */
  static readonly halfWindowMicros: Micros = 5_000_000;
  /** A clock-offset sample ages by this share of the time that passes, so that drift is followed. */
  static readonly offsetAging: number = 1e-4;
  #offsetAt: Micros = 0;

  /** Smoothed; 0 without a sample. */
  get smoothed(): Micros {
    return Math.round(this.#smoothed ?? 0);
  }

  get latest(): Micros {
    return this.#latest;
  }

  /** The smallest of the last 5 to 10 s; 0 without a sample. */
  get minimum(): Micros {
    const minimum = Math.min(this.#minimum, this.#previousMinimum);
    return minimum === Infinity ? 0 : minimum;
  }

  get samples(): number {
    return this.#samples;
  }

  /** Peer's clock minus ours; 0 without a sample. */
  get clockOffset(): Micros {
    return Math.round(this.#offset ?? 0);
  }

  /** How long to wait for an answer before it counts as lost; undefined without a sample. */
  get retransmitMicros(): Micros | undefined {
    if (this.#smoothed === undefined) return undefined;
    return Math.round(this.#smoothed + Math.max(4 * this.#variation, 5_000));
  }

  /** The path is another one: forgets its round trips, also those that are under way. Clocks are what they were. */
  startAnew(now: Micros): void {
    this.#since = now;
    this.#smoothed = undefined;
    this.#variation = 0;
    this.#latest = 0;
    this.#minimum = Infinity;
    this.#previousMinimum = Infinity;
    this.#samples = 0;
    this.#offsetRtt = Infinity;
  }

  /** Takes a round-trip sample. */
  addSample(rtt: Micros, now: Micros): void {
    if (rtt < 0 || now - rtt < this.#since) return;
    this.#samples++;
    this.#latest = rtt;
    if (this.#smoothed === undefined) {
      this.#smoothed = rtt;
      this.#variation = rtt / 2;
      this.#windowStart = now;
    } else {
      this.#variation += (Math.abs(this.#smoothed - rtt) - this.#variation) / 4;
      this.#smoothed += (rtt - this.#smoothed) / 8;
    }
    if (now - this.#windowStart >= RttEstimator.halfWindowMicros) {
      this.#previousMinimum = this.#minimum;
      this.#minimum = Infinity;
      this.#windowStart = now;
    }
    if (rtt < this.#minimum) this.#minimum = rtt;
  }

  /** Takes the four times of a ping and its pong: sent here, received and sent there, received here. */
  addPong(sentAt: Micros, peerReceivedAt: Micros, peerSentAt: Micros, now: Micros): void {
    const rtt = now - sentAt - Math.max(0, peerSentAt - peerReceivedAt);
    if (rtt < 0 || sentAt < this.#since) return;
    this.addSample(rtt, now);
    const aged = this.#offsetRtt + (now - this.#offsetAt) * RttEstimator.offsetAging;
    if (rtt > aged) return;
    this.#offsetRtt = rtt;
    this.#offsetAt = now;
    this.#offset = (peerReceivedAt - sentAt + (peerSentAt - now)) / 2;
  }
}
