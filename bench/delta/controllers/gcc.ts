/** Google Congestion Control, sender side, for comparison. */
import type {
  CongestionController,
  CongestionDecision,
  CongestionOptions,
  Micros,
  PathFeedback,
} from "@wavry/rift-core";
import { RateControl } from "./gcc-rate-control.ts";
import { Trendline } from "./gcc-trendline.ts";

/** `kDefaultPaceMultiplier` of libwebrtc's goog_cc. */
const PACE_MULTIPLIER = 2.5;
const ACKNOWLEDGED_WINDOW_MICROS: Micros = 500_000;
const LOSS_EVERY_MICROS: Micros = 1_000_000;
/** The encoder pauses while the pacer's queue is longer than this (`kMaxExpectedQueueLength`). */
const MAX_QUEUE_MICROS: Micros = 2_000_000;

/** draft-ietf-rmcat-gcc-02 with the trendline estimator of libwebrtc: delay- and loss-based, the lower one counts. */
export class GccController implements CongestionController {
  readonly name = "gcc";
  readonly decision: CongestionDecision;
  readonly #options: CongestionOptions;
  readonly #trendline = new Trendline();
  readonly #rate: RateControl;
  readonly #acknowledged: { at: Micros; bytes: number }[] = [];
  #acknowledgedBytes = 0;
  #firstAt: Micros | undefined;
  #rttMillis = 200;
  #lossBps: number;
  #lost = 0;
  #received = 0;
  #lossAt: Micros | undefined;

  constructor(options: CongestionOptions) {
    this.#options = options;
    this.#rate = new RateControl(options.startBps);
    this.#lossBps = options.maxBps;
    this.decision = {
      targetBps: options.startBps,
      pacingBps: options.startBps * PACE_MULTIPLIER,
      windowBytes: Infinity,
      redundancy: 0,
      maxFps: options.maxFps,
      scale: 1,
      state: "stable",
    };
  }

  packetSent(): void {}

  feedbackReceived(feedback: Readonly<PathFeedback>, now: Micros): void {
    const { count, sentAt, arrivedAt, bytes, lostPackets } = feedback;
    this.#rttMillis = feedback.rttMicros / 1000;
    let arrived = 0;
    for (let index = 0; index < count; index++) {
      this.#trendline.add(sentAt[index]!, arrivedAt[index]!);
      arrived += bytes[index]!;
    }
    const throughput = this.#acknowledge(arrived, now);
    this.#rate.update(this.#trendline.usage, throughput, this.#rttMillis, now / 1000);
    this.#lost += lostPackets;
    this.#received += count;
    this.#lossAt ??= now;
    if (now - this.#lossAt >= LOSS_EVERY_MICROS) this.#followLoss(now);
    const { minBps, maxBps } = this.#options;
    const target = Math.min(this.#rate.rateBps, this.#lossBps);
    this.decision.targetBps = Math.min(maxBps, Math.max(minBps, target));
    this.decision.pacingBps = this.decision.targetBps * PACE_MULTIPLIER;
    const { usage } = this.#trendline;
    this.decision.state = usage === "over" ? "congested" : "stable";
  }

  handleTimeout(): void {}

  pollTimeout(): Micros {
    return Infinity;
  }

  nextFrameAt(queuedBytes: number, _inFlightBytes: number, now: Micros): Micros {
    const queueMicros = (queuedBytes * 8e6) / this.decision.pacingBps;
    return queueMicros <= MAX_QUEUE_MICROS ? now : now + 10_000;
  }

  /** What arrived in the last half second, in bits a second; 0: not known yet. */
  #acknowledge(bytes: number, now: Micros): number {
    this.#firstAt ??= now;
    this.#acknowledged.push({ at: now, bytes });
    this.#acknowledgedBytes += bytes;
    while (this.#acknowledged[0]!.at < now - ACKNOWLEDGED_WINDOW_MICROS)
      this.#acknowledgedBytes -= this.#acknowledged.shift()!.bytes;
    const span = Math.min(ACKNOWLEDGED_WINDOW_MICROS, now - this.#firstAt);
    return span < 150_000 ? 0 : (this.#acknowledgedBytes * 8e6) / span;
  }

  /** draft-ietf-rmcat-gcc-02 §6. */
  #followLoss(now: Micros): void {
    const loss = this.#lost / Math.max(1, this.#lost + this.#received);
    const base = Math.min(this.#lossBps, this.#rate.rateBps);
    if (loss > 0.1) this.#lossBps = base * (1 - 0.5 * loss);
    else if (loss < 0.02) this.#lossBps = Math.min(this.#options.maxBps, this.#lossBps * 1.05);
    this.#lost = 0;
    this.#received = 0;
    this.#lossAt = now;
  }
}
