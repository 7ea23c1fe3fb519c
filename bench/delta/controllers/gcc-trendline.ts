/** GCC's delay-based detector: packet groups, a line through their delays, an adaptive threshold. */

/** What the detector thinks of the path. */
export type Usage = "normal" | "over" | "under";

const BURST_MICROS = 5_000;
const WINDOW = 20;
const SMOOTHING = 0.9;
const GAIN = 4;
const MOST_DELTAS = 60;
const OVERUSE_MILLIS = 10;
const K_UP = 0.0087;
const K_DOWN = 0.039;
const FIRST_THRESHOLD = 12.5;
const MAX_ADAPT = 15;

interface Group {
  firstSentAt: number;
  lastSentAt: number;
  lastArrivedAt: number;
}

/**
 * Arrival-time filter and over-use detector, in the trendline form that libwebrtc uses since 2017 in place of the Kalman
 * filter of draft-ietf-rmcat-gcc-02 §5.3–5.5 (`trendline_estimator.cc`, `inter_arrival_delta.cc`).
 */
export class Trendline {
  #current: Group | undefined;
  #previous: Group | undefined;
  #deltas = 0;
  #firstArrivedAt = -1;
  #accumulated = 0;
  #smoothed = 0;
  readonly #times: number[] = [];
  readonly #delays: number[] = [];
  #trend = 0;
  #threshold = FIRST_THRESHOLD;
  #updatedAt = -1;
  #overMillis = -1;
  #overCount = 0;
  #usage: Usage = "normal";

  get usage(): Usage {
    return this.#usage;
  }

  /** Takes a packet, in the order of sending; times in µs. */
  add(sentAt: number, arrivedAt: number): void {
    const group = this.#current;
    if (group === undefined) {
      this.#current = { firstSentAt: sentAt, lastSentAt: sentAt, lastArrivedAt: arrivedAt };
      return;
    }
    const burst =
      sentAt - group.firstSentAt <= BURST_MICROS ||
      // What was queued and comes in one go is one group.
      (arrivedAt - group.lastArrivedAt <= BURST_MICROS &&
        arrivedAt - group.lastArrivedAt - (sentAt - group.lastSentAt) < 0 &&
        arrivedAt - group.lastArrivedAt < 100_000);
    if (burst) {
      group.lastSentAt = Math.max(group.lastSentAt, sentAt);
      group.lastArrivedAt = Math.max(group.lastArrivedAt, arrivedAt);
      return;
    }
    if (this.#previous !== undefined) {
      const sendDelta = (group.lastSentAt - this.#previous.lastSentAt) / 1000;
      const arrivalDelta = (group.lastArrivedAt - this.#previous.lastArrivedAt) / 1000;
      this.#update(arrivalDelta - sendDelta, sendDelta, group.lastArrivedAt / 1000);
    }
    this.#previous = group;
    this.#current = { firstSentAt: sentAt, lastSentAt: sentAt, lastArrivedAt: arrivedAt };
  }

  #update(delay: number, sendDelta: number, arrivedAt: number): void {
    this.#deltas = Math.min(1000, this.#deltas + 1);
    if (this.#firstArrivedAt < 0) this.#firstArrivedAt = arrivedAt;
    this.#accumulated += delay;
    this.#smoothed = SMOOTHING * this.#smoothed + (1 - SMOOTHING) * this.#accumulated;
    this.#times.push(arrivedAt - this.#firstArrivedAt);
    this.#delays.push(this.#smoothed);
    if (this.#times.length > WINDOW) {
      this.#times.shift();
      this.#delays.shift();
    }
    let trend = this.#trend;
    if (this.#times.length === WINDOW) trend = slope(this.#times, this.#delays) ?? trend;
    this.#detect(trend, sendDelta, arrivedAt);
    this.#trend = trend;
  }

  #detect(trend: number, sendDelta: number, now: number): void {
    if (this.#deltas < 2) return;
    const modified = Math.min(this.#deltas, MOST_DELTAS) * trend * GAIN;
    if (modified > this.#threshold) {
      this.#overMillis = this.#overMillis < 0 ? sendDelta / 2 : this.#overMillis + sendDelta;
      this.#overCount++;
      if (this.#overMillis > OVERUSE_MILLIS && this.#overCount > 1 && trend >= this.#trend) {
        this.#overMillis = 0;
        this.#overCount = 0;
        this.#usage = "over";
      }
    } else {
      this.#overMillis = -1;
      this.#overCount = 0;
      this.#usage = modified < -this.#threshold ? "under" : "normal";
    }
    this.#adapt(Math.abs(modified), now);
  }

  #adapt(modified: number, now: number): void {
    if (this.#updatedAt < 0) this.#updatedAt = now;
    if (modified <= this.#threshold + MAX_ADAPT) {
      const k = modified < this.#threshold ? K_DOWN : K_UP;
      this.#threshold += k * (modified - this.#threshold) * Math.min(now - this.#updatedAt, 100);
      this.#threshold = Math.min(600, Math.max(6, this.#threshold));
    }
    this.#updatedAt = now;
  }
}

function slope(times: readonly number[], delays: readonly number[]): number | undefined {
  const meanTime = times.reduce((sum, time) => sum + time, 0) / times.length;
  const meanDelay = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  let numerator = 0;
  let denominator = 0;
  for (const [index, time] of times.entries()) {
    numerator += (time - meanTime) * (delays[index]! - meanDelay);
    denominator += (time - meanTime) ** 2;
  }
  return denominator === 0 ? undefined : numerator / denominator;
}
