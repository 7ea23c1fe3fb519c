import type { Micros } from "../../micros.ts";

const BATCHES = 128;
const FAST_MICROS: Micros = 60_000;
const MID_MICROS: Micros = 600_000;
const MIN_PACKETS = 10;
/** A packet that could have been this much earlier at the bottleneck had to wait there. */
const BACKLOG_SLACK_MICROS: Micros = 500;
const SLOW_MICROS: Micros = 1_000_000;
const MAX_SPAN_MICROS: Micros = 1_000_000;
/** Gaps that grew by less than this on their way did not meet a bottleneck. */
const UNSTRETCHED = 1.15;

/**
 * How fast the bottleneck serves us, from the gaps between arrivals. A gap counts where the later packet was waiting
 * behind the earlier one, or was sent right after it: then the gap is the time that the bottleneck took, or at least
 * a time that it did not exceed. So a frame that leaves faster than the link can carry it measures the link without a
 * standing queue (packet trains; Dovrolis et al., "What do packet dispersion techniques measure?", 2001).
 */
export class CapacityEstimator {
  readonly #at: Float64Array = new Float64Array(BATCHES);
  readonly #bytes: Float64Array = new Float64Array(BATCHES);
  readonly #gaps: Float64Array = new Float64Array(BATCHES);
  readonly #sendGaps: Float64Array = new Float64Array(BATCHES);
  readonly #packets: Float64Array = new Float64Array(BATCHES);
  #batch = 0;
  #lastSentAt = -Infinity;
  #lastArrivedAt = -Infinity;
  #fast = 0;
  #mid = 0;
  #slow = 0;
  #deviation = 0;
  #measuredAt: Micros = 0;
  #stretch = 1;
  #sumBytes = 0;
  #sumGaps = 0;
  #sumSendGaps = 0;

  /** Over the last 60 ms, in bits a second; 0: not known. */
  get fastBps(): number {
    return this.#fast;
  }

  /** Over the last 600 ms. */
  get midBps(): number {
    return this.#mid;
  }

  /** Over seconds. */
  get slowBps(): number {
    return this.#slow;
  }

  /** Mean deviation of the fast from the slow estimate as a share of the latter. */
  get variation(): number {
    return this.#slow > 0 ? this.#deviation / this.#slow : 0;
  }

  /** True where packets arrive no further apart than they were sent: the path can carry more than the estimates say. */
  get isLowerBound(): boolean {
    return this.#stretch < UNSTRETCHED;
  }

  /** When packets last were close enough to measure anything. */
  get measuredAt(): Micros {
    return this.#measuredAt;
  }

  /** Begins the packets of a report. */
  begin(now: Micros): void {
    this.#batch = (this.#batch + 1) % BATCHES;
    this.#at[this.#batch] = now;
    this.#bytes[this.#batch] = 0;
    this.#gaps[this.#batch] = 0;
    this.#sendGaps[this.#batch] = 0;
    this.#packets[this.#batch] = 0;
  }

  /** Takes a packet, in the order of sending; `baseMicros`: the least one-way delay, in the same clocks. */
  add(
    sentAt: Micros,
    arrivedAt: Micros,
    bytes: number,
    baseMicros: Micros,
    pacingBps: number,
  ): void {
    const sendGap = sentAt - this.#lastSentAt;
    const inTrain = sendGap <= (bytes * 8e6 * 1.25) / pacingBps + 1_000;
    const waited = sentAt + baseMicros <= this.#lastArrivedAt - BACKLOG_SLACK_MICROS;
    if (inTrain || waited) {
      this.#bytes[this.#batch]! += bytes;
      this.#gaps[this.#batch]! += Math.max(0, arrivedAt - this.#lastArrivedAt);
      this.#sendGaps[this.#batch]! += sendGap;
      this.#packets[this.#batch]!++;
    }
    this.#lastSentAt = sentAt;
    if (arrivedAt > this.#lastArrivedAt) this.#lastArrivedAt = arrivedAt;
  }

  /** Ends the packets of a report: the estimates are new. */
  end(now: Micros): void {
    const mid = this.#over(MID_MICROS, now);
    const fast = this.#over(FAST_MICROS, now);
    if (fast === 0) return;
    this.#stretch = this.#sumGaps / Math.max(1, this.#sumSendGaps);
    const elapsed = Math.min(100_000, now - this.#measuredAt);
    this.#measuredAt = now;
    this.#fast = fast;
    this.#mid = mid;
    if (this.#slow === 0) this.#slow = mid;
    const weight = 1 - Math.exp(-elapsed / SLOW_MICROS);
    this.#slow += (mid - this.#slow) * weight;
    // Where the estimates are our own pace they say nothing of the path.
    const deviation = this.isLowerBound ? 0 : Math.abs(fast - this.#slow);
    this.#deviation += (deviation - this.#deviation) * weight;
  }

  /** Over a span, longer where it has too few packets; 0: there are not enough of them. */
  #over(spanMicros: Micros, now: Micros): number {
    this.#sumBytes = 0;
    this.#sumGaps = 0;
    this.#sumSendGaps = 0;
    let packets = 0;
    for (let back = 0; back < BATCHES; back++) {
      const batch = (this.#batch - back + BATCHES) % BATCHES;
      const at = this.#at[batch]!;
      if (at === 0 || (now - at > spanMicros && packets >= MIN_PACKETS)) break;
      if (now - at > MAX_SPAN_MICROS) break;
      this.#sumBytes += this.#bytes[batch]!;
      this.#sumGaps += this.#gaps[batch]!;
      this.#sumSendGaps += this.#sendGaps[batch]!;
      packets += this.#packets[batch]!;
    }
    if (packets < MIN_PACKETS) return 0;
    return (this.#sumBytes * 8e6) / Math.max(this.#sumGaps, packets);
  }
}
