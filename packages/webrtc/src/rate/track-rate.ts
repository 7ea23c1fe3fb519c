import {
  type CongestionController,
  DeltaController,
  type Micros,
  newPathFeedback,
  type PathFeedback,
} from "@wavry/rift-core";
import { SentRate } from "./sent-rate.ts";

/** Bounds of the rate and who decides within them. */
export interface TrackRateOptions {
  readonly startBps: number;
  readonly minBps: number;
  readonly maxBps: number;
  readonly controller?: CongestionController | undefined;
}

/** What a receiver report says of our video. */
export interface ReceiverNews {
  /** Since the report before, 0..1. */
  readonly lossShare: number;
  /** Undefined: the report answers no sender report. */
  readonly rttMicros: Micros | undefined;
}

/** The standing queue is the least of so many round trips: one may be late for reasons of either machine. */
const RTT_SAMPLES = 2;
/** An estimate that falls by this share was cut, and does not merely wander. */
const CUT = 0.95;
/** A sender that uses less than this of its rate is not what fills the path, … */
const BUSY_SHARE = 0.5;
/** … and an estimate under this share of what is sent is none of the path, but left over from stiller times. */
const BELIEVABLE_SHARE = 0.3;
/** A cut holds for so long after the last one. */
const CUT_LASTS_MICROS: Micros = 8_000_000;
const REMB_LASTS_MICROS: Micros = 5_000_000;
/** Without proof of more, the rate stays under this much of what has been sent lately. */
const GROWTH = 2;
/** Chromium reports several times a second; after this long without it, what is sent most likely does not arrive. */
const SILENCE_MICROS: Micros = 4_000_000;
/** Packets of the train that stands for a receiver's cut; their size; how long it takes to arrive at most. */
const TRAIN_PACKETS = 12;
const TRAIN_BYTES = 1_200;
const TRAIN_MICROS: Micros = 200_000;
/** The round trip where none is known. */
const UNKNOWN_RTT_MICROS: Micros = 50_000;

/**
 * Turns the little that RTCP tells into what a congestion controller understands (README, "Congestion control").
 * Pure: time is an argument.
 */
export class TrackRate {
  readonly controller: CongestionController;
  readonly #options: TrackRateOptions;
  readonly #feedback: PathFeedback = newPathFeedback();
  readonly #sent = new SentRate();
  readonly #rtts: Micros[] = [];
  #rembBps = Infinity;
  #rembAt: Micros = -Infinity;
  #cutBps = Infinity;
  #cutAt: Micros = -Infinity;
  #heardAt: Micros | undefined;
  /** End of the last train, so that the next one begins after it. */
  #trainEnd: Micros = -Infinity;

  constructor(options: TrackRateOptions) {
    this.#options = options;
    const { startBps, minBps, maxBps } = options;
    this.controller =
      options.controller ?? new DeltaController({ startBps, minBps, maxBps, maxFps: 60 });
  }

  /** What the video may take now, headers and repeats included, in bits a second. */
  bitrateBps(now: Micros): number {
    const { startBps, minBps, maxBps } = this.#options;
    const proven = Math.max(startBps, GROWTH * this.#sent.lateBps(now));
    const cut = this.#isCut(now) ? this.#cutBps : Infinity;
    const wanted = Math.min(this.controller.decision.targetBps, proven, cut);
    return Math.round(Math.min(maxBps, Math.max(minBps, wanted)));
  }

  /** What the receiver allows, if it said so lately. */
  rembBps(now: Micros): number | undefined {
    return now - this.#rembAt < REMB_LASTS_MICROS ? this.#rembBps : undefined;
  }

  /** An access unit was handed to the network. */
  videoSent(bytes: number, now: Micros): void {
    this.#sent.add(bytes, now);
    this.#heardAt ??= now;
    this.controller.packetSent(bytes, bytes, now);
  }

  /**
   * The receiver's own estimate. It follows what it gets, by a few percent a second, so its height says little of the
   * path: a receiver that saw 50 kbps of a still screen knows nothing of the path's 20 Mbps. But it is cut to what came
   * through when the delay grows, and a cut while we fill the path is a ceiling.
   */
  rembReceived(bitrateBps: number, now: Micros): void {
    this.#heardAt = now;
    const before = this.rembBps(now) ?? 0;
    this.#rembAt = now;
    this.#rembBps = Math.min(bitrateBps, Number.MAX_SAFE_INTEGER);
    const sentBps = this.#sent.nowBps(now);
    const isBusy = sentBps >= BUSY_SHARE * this.bitrateBps(now);
    if (isBusy && bitrateBps < before * CUT && bitrateBps >= BELIEVABLE_SHARE * sentBps) {
      this.#cutBps = this.#rembBps;
      this.#cutAt = now;
      this.#tell(0, now);
    } else if (this.#isCut(now)) {
      this.#cutBps = Math.max(this.#cutBps, this.#rembBps);
    }
  }

  reportReceived({ lossShare, rttMicros }: ReceiverNews, now: Micros): void {
    this.#heardAt = now;
    if (rttMicros !== undefined) {
      this.#rtts.push(rttMicros);
      if (this.#rtts.length > RTT_SAMPLES) this.#rtts.shift();
    }
    this.#tell(Math.min(0.95, Math.max(0, lossShare)), now);
  }

  /** Lets time pass; to be called every second or so. */
  handleTimeout(now: Micros): void {
    if (this.#heardAt === undefined || now - this.#heardAt < SILENCE_MICROS) return;
    this.#heardAt = now;
    this.controller.handleTimeout(Math.max(now, this.controller.pollTimeout()));
  }

  #isCut(now: Micros): boolean {
    return now - this.#cutAt < CUT_LASTS_MICROS;
  }

  /**
   * Packets that would have been received just like this: the delay of the first is the round trip, of which only the
   * growth counts; after a cut it has others behind it, sent at once and received at the rate of the cut; and some are lost.
   */
  #tell(lossShare: number, now: Micros): void {
    const feedback = this.#feedback;
    const isTrain = this.#isCut(now) && this.#cutBps > 0;
    const rttMicros = this.#rtts.length === 0 ? UNKNOWN_RTT_MICROS : Math.min(...this.#rtts);
    const gap = isTrain
      ? Math.min((TRAIN_BYTES * 8e6) / this.#cutBps, TRAIN_MICROS / TRAIN_PACKETS)
      : 0;
    const bytes = isTrain ? (gap * this.#cutBps) / 8e6 : TRAIN_BYTES;
    const sentAt = Math.max(this.#trainEnd, now - rttMicros);
    feedback.count = isTrain ? TRAIN_PACKETS : 1;
    for (let index = 0; index < feedback.count; index++) {
      feedback.packetNumbers[index] = index;
      feedback.sentAt[index] = sentAt;
      feedback.arrivedAt[index] = sentAt + rttMicros + index * gap;
      feedback.bytes[index] = bytes;
    }
    this.#trainEnd = sentAt + feedback.count * gap;
    feedback.lostPackets = (feedback.count * lossShare) / (1 - lossShare);
    feedback.lostBytes = feedback.lostPackets * bytes;
    feedback.markedPackets = 0;
    feedback.inFlightBytes = 0;
    feedback.rttMicros = rttMicros;
    this.controller.feedbackReceived(feedback, now);
  }
}
