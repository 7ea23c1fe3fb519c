/** SCReAM v2, for comparison. */
import type {
  CongestionController,
  CongestionDecision,
  CongestionOptions,
  Micros,
  PathFeedback,
} from "@wavry/rift-core";

const MSS = 1200;
const QDELAY_TARGET = 0.06;
const MIN_REF_WND = 3_000;
const BYTES_IN_FLIGHT_HEAD_ROOM = 1.5;
const BETA_LOSS = 0.7;
const BETA_ECN = 0.8;
const MUL_INCREASE_FACTOR = 0.02;
const L4S_AVG_G = 1 / 16;
const PACKET_PACING_HEADROOM = 1.5;
const POST_CONGESTION_DELAY_RTT = 100;
const VIRTUAL_RTT = 0.025;
/** Frames in the queue for longer are thrown away (RFC 8298 §4.1.3: the RTP queue is cleared). */
const MAX_QUEUE_MICROS: Micros = 100_000;
const BASE_WINDOW_MICROS: Micros = 60_000_000;

/**
 * draft-johansson-ccwg-rfc8298bis-screamv2-03 §4: a reference window that grows by acknowledged bytes and shrinks on
 * loss, ECN and queue delay; the media rate follows window over round trip. Seconds and bytes.
 */
export class ScreamController implements CongestionController {
  readonly name = "scream";
  readonly decision: CongestionDecision;
  readonly #options: CongestionOptions;
  #refWnd: number;
  #refWndI = 1;
  #sRtt = 0.05;
  #rtts = 0;
  #base = Infinity;
  #previousBase = Infinity;
  #baseAt: Micros | undefined;
  #qdelayAvg = 0;
  #qdelayMin = Infinity;
  #l4sAlpha = 0;
  #marked = 0;
  #delivered = 0;
  #virtualMarked = 0;
  #updatedAt: Micros = 0;
  #reducedAt: Micros = -Infinity;
  #lostInRtt = false;
  #queueDelay = 0;

  constructor(options: CongestionOptions) {
    this.#options = options;
    this.#refWnd = Math.max(MIN_REF_WND, (options.startBps / 8) * this.#sRtt);
    this.decision = {
      targetBps: options.startBps,
      pacingBps: options.startBps * PACKET_PACING_HEADROOM,
      windowBytes: this.#refWnd * BYTES_IN_FLIGHT_HEAD_ROOM,
      redundancy: 0,
      maxFps: options.maxFps,
      scale: 1,
      state: "stable",
    };
  }

  packetSent(): void {}

  feedbackReceived(feedback: Readonly<PathFeedback>, now: Micros): void {
    const { count, sentAt, arrivedAt, bytes } = feedback;
    let acked = 0;
    for (let index = 0; index < count; index++) {
      acked += bytes[index]!;
      this.#takeDelay((arrivedAt[index]! - sentAt[index]!) / 1e6, now);
    }
    this.#sRtt =
      this.#rtts++ === 0
        ? feedback.rttMicros / 1e6
        : this.#sRtt + (feedback.rttMicros / 1e6 - this.#sRtt) / 8;
    this.#delivered += count;
    this.#marked += Math.min(count, feedback.markedPackets);
    // Without ECN the queue delay stands for the marks (§4.2.1.4: virtual L4S marking above half of the target).
    const over = (this.#queueDelay - QDELAY_TARGET / 4) / (QDELAY_TARGET / 4);
    this.#virtualMarked += count * Math.min(1, Math.max(0, over));
    this.#lostInRtt ||= feedback.lostPackets > 0;
    if (now - this.#updatedAt >= Math.max(VIRTUAL_RTT, this.#sRtt) * 1e6) this.#onRoundTrip(now);
    this.#grow(acked, now);
    this.#setRates();
  }

  handleTimeout(): void {}

  pollTimeout(): Micros {
    return Infinity;
  }

  nextFrameAt(queuedBytes: number, _inFlightBytes: number, now: Micros): Micros {
    const queueMicros = (queuedBytes * 8e6) / Math.max(1, this.decision.targetBps);
    return queueMicros <= MAX_QUEUE_MICROS ? now : now + 5_000;
  }

  #takeDelay(oneWay: number, now: Micros): void {
    this.#baseAt ??= now;
    if (now - this.#baseAt > BASE_WINDOW_MICROS / 2) {
      this.#previousBase = this.#base;
      this.#base = Infinity;
      this.#baseAt = now;
    }
    this.#base = Math.min(this.#base, oneWay);
    const delay = oneWay - Math.min(this.#base, this.#previousBase);
    this.#qdelayMin = Math.min(this.#qdelayMin, delay);
    this.#queueDelay = this.#qdelayMin === Infinity ? delay : Math.min(delay, this.#qdelayMin * 4);
    this.#queueDelay = delay;
    this.#qdelayAvg += (delay - this.#qdelayAvg) / 32;
  }

  /** Once a round trip: the reactions to loss, ECN and delay (§4.2.1). */
  #onRoundTrip(now: Micros): void {
    this.#updatedAt = now;
    const marked = this.#marked > 0 ? this.#marked : this.#virtualMarked;
    const fraction = Math.min(1, marked / Math.max(1, this.#delivered));
    this.#l4sAlpha += L4S_AVG_G * (fraction - this.#l4sAlpha);
    const isMarked = fraction > 0;
    if (this.#lostInRtt || isMarked) {
      if (now - this.#reducedAt > 10 * this.#sRtt * 1e6) this.#refWndI = this.#refWnd;
      this.#reducedAt = now;
    }
    if (this.#lostInRtt) this.#refWnd *= BETA_LOSS;
    else if (isMarked) {
      let backoff = Math.max(this.#l4sAlpha, fraction / 2) / 2;
      // A window of few packets is hard to mark in fine steps (§4.2.1.3).
      backoff *= Math.max(0.5, 1 - MSS / this.#refWnd);
      if (this.#qdelayAvg > QDELAY_TARGET) backoff = Math.max(backoff, 1 - BETA_ECN);
      this.#refWnd *= 1 - backoff;
    }
    this.#refWnd = Math.max(MIN_REF_WND, this.#refWnd);
    this.#marked = 0;
    this.#virtualMarked = 0;
    this.#delivered = 0;
    this.#lostInRtt = false;
    this.#qdelayMin = Infinity;
  }

  /** The growth by acknowledged bytes (§4.2.2). */
  #grow(acked: number, now: Micros): void {
    const headroom = this.decision.windowBytes;
    // Close to where it was last reduced it grows slowly, far from there fast.
    let scaleI = Math.abs((this.#refWnd - this.#refWndI) / this.#refWndI) * 4;
    scaleI = Math.min(1, Math.max(0.1, scaleI ** 2));
    const scaleQ = Math.max(0, 1 - this.#qdelayAvg / (QDELAY_TARGET / 2));
    const ratio = Math.min(1, MSS / this.#refWnd);
    const sinceReduced = (now - this.#reducedAt) / 1e6 / Math.max(VIRTUAL_RTT, this.#sRtt);
    const postCongestion = Math.min(1, sinceReduced / POST_CONGESTION_DELAY_RTT);
    const multiplicative =
      ratio + (1 - ratio) * MUL_INCREASE_FACTOR * this.#refWndRatio() * (0.5 + postCongestion / 2);
    this.#refWnd += acked * Math.min(1, scaleI * scaleQ * multiplicative + this.#slowStart(scaleQ));
    const most = (this.#options.maxBps / 8) * Math.max(VIRTUAL_RTT, this.#sRtt) * 1.25;
    this.#refWnd = Math.min(this.#refWnd, Math.max(MIN_REF_WND, most), headroom * 4);
  }

  /** How many packets the window has: larger ones may grow by more a packet. */
  #refWndRatio(): number {
    return Math.max(1, this.#refWnd / MSS / 10);
  }

  /** Until the first reduction the window doubles each round trip. */
  #slowStart(scaleQ: number): number {
    return this.#reducedAt === -Infinity ? scaleQ : 0;
  }

  #setRates(): void {
    const { minBps, maxBps } = this.#options;
    const rate = (8 * this.#refWnd) / Math.max(VIRTUAL_RTT, this.#sRtt);
    const decision = this.decision;
    // Leave the queue a chance to drain when it is over half of the target (§4.4).
    const scale = 1 - Math.min(0.3, Math.max(0, (this.#qdelayAvg / QDELAY_TARGET - 0.5) * 0.3));
    decision.targetBps = Math.min(maxBps, Math.max(minBps, rate * scale));
    decision.pacingBps = Math.max(50_000, rate) * PACKET_PACING_HEADROOM;
    const room = this.#qdelayAvg < QDELAY_TARGET ? BYTES_IN_FLIGHT_HEAD_ROOM : 1;
    decision.windowBytes = this.#refWnd * room + MSS;
    decision.state = this.#qdelayAvg > QDELAY_TARGET ? "congested" : "stable";
  }
}
