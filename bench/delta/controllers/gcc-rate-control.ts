/** GCC's rate control: additive and multiplicative increase, multiplicative decrease. */
import type { Usage } from "./gcc-trendline.ts";

const BETA = 0.85;
const RESPONSE_EXTRA_MILLIS = 100;
const CAPACITY_ALPHA = 0.05;

/** Where the link's capacity was when it was last overused (`link_capacity_estimator.cc`), in kbps. */
class LinkCapacity {
  #estimate: number | undefined;
  #deviation = 0.4;

  get isKnown(): boolean {
    return this.#estimate !== undefined;
  }

  get upper(): number {
    return (this.#estimate ?? Infinity) + 3 * this.#spread;
  }

  get lower(): number {
    return Math.max(0, (this.#estimate ?? 0) - 3 * this.#spread);
  }

  get estimate(): number | undefined {
    return this.#estimate;
  }

  update(sample: number): void {
    if (this.#estimate === undefined) {
      this.#estimate = sample;
      return;
    }
    const error = this.#estimate - sample;
    this.#estimate += CAPACITY_ALPHA * (sample - this.#estimate);
    const norm = Math.max(this.#estimate, 1);
    this.#deviation = (1 - CAPACITY_ALPHA) * this.#deviation + (CAPACITY_ALPHA * error ** 2) / norm;
    this.#deviation = Math.min(2.5, Math.max(0.4, this.#deviation));
  }

  reset(): void {
    this.#estimate = undefined;
  }

  get #spread(): number {
    return this.#estimate === undefined ? 0 : Math.sqrt(this.#deviation * this.#estimate);
  }
}

/** draft-ietf-rmcat-gcc-02 §5.6, with the details of libwebrtc's `aimd_rate_control.cc`. Rates in bits a second. */
export class RateControl {
  readonly #capacity = new LinkCapacity();
  #state: "hold" | "increase" | "decrease" = "hold";
  #rate: number;
  #changedAt: number | undefined;
  #decreasedAt = -Infinity;
  /** Until the first overuse the start-up probes carry the rate. */
  #starting = true;

  constructor(startBps: number) {
    this.#rate = startBps;
  }

  get rateBps(): number {
    return this.#rate;
  }

  /** `throughput`: what arrived lately; 0: not known. Times in ms. */
  update(usage: Usage, throughput: number, rttMillis: number, now: number): void {
    if (usage === "over") this.#state = "decrease";
    else if (usage === "under") this.#state = "hold";
    else if (this.#state === "hold") {
      this.#changedAt = now;
      this.#state = "increase";
    }
    if (this.#state === "increase") this.#increase(throughput, rttMillis, now);
    else if (this.#state === "decrease") this.#decrease(throughput, rttMillis, now);
    this.#changedAt = now;
  }

  #increase(throughput: number, rttMillis: number, now: number): void {
    if (throughput / 1000 > this.#capacity.upper) this.#capacity.reset();
    const seconds = Math.min(1, (now - (this.#changedAt ?? now)) / 1000);
    let rate = this.#rate;
    if (this.#starting) {
      // Probe clusters of 3 and 6 times the start rate, then of twice the result as long as it arrives: about a doubling
      // in each round trip plus the cluster. The frames themselves stand for the clusters here.
      rate *= 2 ** (seconds / ((rttMillis + RESPONSE_EXTRA_MILLIS) / 1000));
    } else if (this.#capacity.isKnown) {
      const frameBits = this.#rate / 30;
      const packets = Math.ceil(frameBits / (1200 * 8));
      const perSecond = frameBits / packets / ((rttMillis + RESPONSE_EXTRA_MILLIS) / 1000);
      rate += Math.max(4_000, perSecond) * seconds;
    } else rate += Math.max(1_000 * seconds, rate * (1.08 ** seconds - 1));
    const limit = throughput > 0 ? 1.5 * throughput + 10_000 : Infinity;
    this.#rate = Math.max(this.#rate, Math.min(rate, limit));
  }

  #decrease(throughput: number, rttMillis: number, now: number): void {
    const wait = Math.min(200, Math.max(10, rttMillis));
    if (now - this.#decreasedAt < wait && throughput > 0.5 * this.#rate) return;
    this.#starting = false;
    let decreased = throughput * BETA;
    const { estimate } = this.#capacity;
    if (decreased > this.#rate && estimate !== undefined) decreased = BETA * estimate * 1000;
    if (decreased < this.#rate) this.#rate = decreased;
    if (throughput / 1000 < this.#capacity.lower) this.#capacity.reset();
    this.#capacity.update(throughput / 1000);
    this.#decreasedAt = now;
    this.#state = "hold";
  }
}
