import type { Micros } from "../../micros.ts";
import type {
  CongestionController,
  CongestionDecision,
  CongestionOptions,
  PathFeedback,
} from "../congestion-controller.ts";
import { CapacityEstimator } from "./capacity-estimator.ts";
import { type DeltaProfile, deltaProfile } from "./delta-profile.ts";
import { FrameLadder } from "./frame-ladder.ts";
import { WindowedMinimum } from "./windowed-minimum.ts";

const BASE_SPAN_MICROS: Micros = 10_000_000;
/** The standing queue is the least delay of this much time: long enough to hold the gap between two frames. */
const STANDING_SPAN_MICROS: Micros = 25_000;
/** A frame leaves this much faster than the path is known to be. */
const TRAIN_GAIN = 1.5;
const MARKED_TRAIN_GAIN = 0.9;
const MIN_TRAIN_GAIN = 1.1;
/** A path that marked packets does so still, and is not to be met with trains. */
const MARKS_LAST_MICROS: Micros = 30_000_000;
const FIRST_PACING_BPS = 40_000_000;
/** A peer this near is on the same wire: there we begin at full speed. */
const NEAR_MICROS: Micros = 3_000;
const MAX_PACING_BPS = 2_000_000_000;
const FIRST_WINDOW_BYTES = 128 << 10;
const MIN_WINDOW_BYTES = 6_000;
/** Growth of the standing queue from one span to the next that is noise, in µs. */
const SLOPE_FLOOR_MICROS = 1_500;
const RISING_SAMPLES = 3;
const SILENCE_MICROS: Micros = 500_000;
/** A frame of a screen under this is hardly worth sending. */
const FRAME_BITS = 25_000;
/** After this long without a report a frame goes out all the same, and then one each time. */
const PATIENCE_MICROS: Micros = 200_000;
/** Measurements older than this say nothing. */
const STALE_MICROS: Micros = 300_000;
/** Reports come every frame or 10 ms; after this long without one a fickle path seems to stand still … */
const OVERDUE_MICROS: Micros = 24_000;
/** … and a steady one, where rather a report was lost, after this much more. */
const STEADY_OVERDUE_MICROS: Micros = 150_000;
/** A capacity that varies by this share is fickle. */
const FICKLE = 0.15;
/** Where nothing holds us back we reach out for this much more. */
const PROBE_GAIN = 1.5;
const MARKED_PROBE_GAIN = 1.05;
/** Redundancy where packets are lost: so much at least, so much more per share lost, so much at most. */
const LEAST_LOSS = 0.0005;
const MIN_REDUNDANCY = 0.05;
const REDUNDANCY_PER_LOSS = 2;
const MAX_REDUNDANCY = 0.5;
const LOSS_MEMORY_MICROS: Micros = 3_000_000;
const SPARE_MICROS: Micros = 12_000;

/** What DELTA can be told besides. */
export interface DeltaOptions extends CongestionOptions {
  /** Instead of the one that fits the path's round trip. */
  readonly profile?: DeltaProfile | undefined;
  /** The path's round trip as far as it is known; 0: it is not. */
  readonly initialRttMicros?: Micros | undefined;
}

/**
 * DELTA: delay-oriented control on one-way delay (spec/delta.md). Each frame measures the path as a train of packets;
 * the target follows the measured capacity, less what an existing queue takes to drain.
 */
export class DeltaController implements CongestionController {
  readonly name = "delta";
  readonly decision: CongestionDecision;
  readonly #options: DeltaOptions;
  readonly #base = new WindowedMinimum(BASE_SPAN_MICROS);
  readonly #minRtt = new WindowedMinimum(BASE_SPAN_MICROS);
  readonly #capacity = new CapacityEstimator();
  readonly #ladder: FrameLadder;
  #profile: DeltaProfile;
  #standing = 0;
  #standingMin = Infinity;
  #standingSince: Micros | undefined;
  #lastStanding = 0;
  #risingSamples = 0;
  #stableSamples = 0;
  #marks = 0;
  #markedAt: Micros = -Infinity;
  #lossRatio = 0;
  #slowLoss = 0;
  #lastFeedbackAt: Micros | undefined;
  #silentUntil: Micros = Infinity;
  /** From here on a report is due: what is under way should have been answered. */
  #answerFrom: Micros = Infinity;
  #triedAt: Micros = -Infinity;

  constructor(options: DeltaOptions) {
    this.#options = options;
    const { initialRttMicros = 0 } = options;
    this.#profile = options.profile ?? deltaProfile(initialRttMicros);
    const near = initialRttMicros > 0 && initialRttMicros <= NEAR_MICROS;
    this.#ladder = new FrameLadder({ maxFps: options.maxFps, frameBits: FRAME_BITS });
    this.decision = {
      targetBps: near ? options.maxBps : options.startBps,
      pacingBps: near ? MAX_PACING_BPS : FIRST_PACING_BPS,
      windowBytes: FIRST_WINDOW_BYTES,
      redundancy: 0,
      maxFps: options.maxFps,
      scale: 1,
      state: "stable",
    };
  }

  /** Queueing delay beyond what a frame causes by itself, in µs: for statistics. */
  get standingQueueMicros(): Micros {
    return this.#standing;
  }

  get capacityBps(): number {
    return this.#capacity.fastBps;
  }

  packetSent(bytes: number, inFlightBytes: number, now: Micros): void {
    if (inFlightBytes <= bytes) this.#answerFrom = now + this.#minRtt.value;
    if (this.#silentUntil === Infinity) this.#silentUntil = now + SILENCE_MICROS;
  }

  feedbackReceived(feedback: Readonly<PathFeedback>, now: Micros): void {
    const { count, sentAt, arrivedAt, bytes } = feedback;
    const elapsed = Math.min(100_000, now - (this.#lastFeedbackAt ?? now - 10_000));
    this.#lastFeedbackAt = now;
    this.#answerFrom = now;
    this.#silentUntil = feedback.inFlightBytes > 0 ? now + SILENCE_MICROS : Infinity;
    this.#minRtt.add(feedback.rttMicros, now);
    this.#profile = this.#options.profile ?? deltaProfile(this.#minRtt.value);
    for (let index = 0; index < count; index++)
      this.#base.add(arrivedAt[index]! - sentAt[index]!, now);
    const base = this.#base.value;
    this.#capacity.begin(now);
    let least = Infinity;
    for (let index = 0; index < count; index++) {
      const delay = arrivedAt[index]! - sentAt[index]! - base;
      if (delay < least) least = delay;
      this.#capacity.add(
        sentAt[index]!,
        arrivedAt[index]!,
        bytes[index]!,
        base,
        this.decision.pacingBps,
      );
    }
    this.#capacity.end(now);
    this.#followQueue(least, now);
    const total = count + feedback.lostPackets;
    const weight = 1 - Math.exp(-elapsed / Math.max(50_000, this.#minRtt.value));
    if (feedback.markedPackets > 0) this.#markedAt = now;
    this.#marks +=
      (Math.min(1, feedback.markedPackets / Math.max(1, count)) - this.#marks) * weight;
    this.#lossRatio += (feedback.lostPackets / Math.max(1, total) - this.#lossRatio) * weight;
    this.#followLoss(feedback, elapsed);
    this.#setTarget(elapsed, now);
    this.#setPace(now);
    this.#ladder.follow(this.decision.targetBps, now);
    this.decision.maxFps = this.#ladder.fps;
    this.decision.scale = this.#ladder.scale;
  }

  handleTimeout(now: Micros): void {
    if (now < this.#silentUntil) return;
    this.#silentUntil = now + SILENCE_MICROS;
    this.decision.targetBps = Math.max(this.#options.minBps, this.decision.targetBps / 2);
  }

  pollTimeout(): Micros {
    return this.#silentUntil;
  }

  nextFrameAt(queuedBytes: number, inFlightBytes: number, now: Micros): Micros {
    const capacity = this.#knownCapacity();
    if (capacity === 0) return queuedBytes === 0 ? now : now + 5_000;
    if (inFlightBytes > 0 && now > this.#answerFrom + this.#overdueAfter()) {
      // A path that stands still gets a frame now and then, so that one is there when it moves again.
      if (now < Math.max(this.#answerFrom, this.#triedAt) + PATIENCE_MICROS) return now + 4_000;
      this.#triedAt = now;
      return now;
    }
    const unheard = Math.min(STEADY_OVERDUE_MICROS, Math.max(0, now - this.#answerFrom - 12_000));
    const allowed = (capacity / 8e6) * (this.#holdAfter() + unheard * this.#steadiness);
    const excess = queuedBytes + inFlightBytes - allowed;
    return excess <= 0 ? now : now + Math.max(1_000, (excess * 8e6) / capacity);
  }

  #overdueAfter(): Micros {
    return OVERDUE_MICROS + STEADY_OVERDUE_MICROS * this.#steadiness;
  }

  /** 0 fickle to 1 steady. */
  get #steadiness(): number {
    return Math.max(0, 1 - this.#capacity.variation / FICKLE);
  }

  /** Time's worth of bytes that may be before a new frame. */
  #holdAfter(): Micros {
    return this.#minRtt.value + SPARE_MICROS + this.#profile.holdMicros;
  }

  /** With a queue over the budget only what is sure. */
  #usableCapacity(): number {
    const congested = this.#standing > this.#profile.budgetMicros;
    return congested ? this.#safeCapacity() : this.#knownCapacity();
  }

  /** What is sure to be there: after a drop, the drop. 0: unknown. */
  #safeCapacity(): number {
    return Math.min(this.#capacity.fastBps, this.#knownCapacity());
  }

  /** 0: unknown. */
  #knownCapacity(): number {
    const { fastBps, midBps } = this.#capacity;
    return (fastBps + midBps) / 2;
  }

  #followQueue(least: Micros, now: Micros): void {
    this.#standingSince ??= now;
    if (least < this.#standingMin) this.#standingMin = least;
    if (now - this.#standingSince < STANDING_SPAN_MICROS && least <= this.#standing) {
      this.#standing = Math.min(this.#standing, least);
    }
    if (now - this.#standingSince < STANDING_SPAN_MICROS) return;
    this.#standing = this.#standingMin;
    this.#standingMin = Infinity;
    this.#standingSince = now;
    const slope = this.#standing - this.#lastStanding;
    this.#lastStanding = this.#standing;
    const { budgetMicros, idleMicros } = this.#profile;
    if (slope > SLOPE_FLOOR_MICROS && this.#standing > idleMicros) {
      this.#risingSamples++;
      this.#stableSamples = 0;
    } else {
      this.#stableSamples++;
      this.#risingSamples = 0;
    }
    if (this.#standing > budgetMicros) this.decision.state = "congested";
    else if (this.#risingSamples >= RISING_SAMPLES) this.decision.state = "rising";
    else if (this.#stableSamples >= RISING_SAMPLES) this.decision.state = "stable";
  }

  /** What may be spent against losses: the more is lost, the more, and nothing where nothing is. */
  #followLoss({ count, lostPackets }: Readonly<PathFeedback>, elapsed: Micros): void {
    const ratio = lostPackets / Math.max(1, count + lostPackets);
    this.#slowLoss += (ratio - this.#slowLoss) * (1 - Math.exp(-elapsed / LOSS_MEMORY_MICROS));
    this.decision.redundancy =
      this.#slowLoss < LEAST_LOSS
        ? 0
        : Math.min(MAX_REDUNDANCY, MIN_REDUNDANCY + REDUNDANCY_PER_LOSS * this.#slowLoss);
  }

  #setTarget(elapsed: Micros, now: Micros): void {
    const decision = this.decision;
    const { share, caution, minShare, idleMicros, drainMicros, riseMicros } = this.#profile;
    const capacity = this.#usableCapacity();
    const used = Math.max(minShare, share - caution * this.#capacity.variation);
    const drain = Math.max(0, this.#standing - idleMicros) / drainMicros;
    const open = this.#capacity.isLowerBound || now - this.#capacity.measuredAt > STALE_MICROS;
    // Where the path marks, its marks tell in time how far one may go: small steps then, and no trains.
    const marked = now - this.#markedAt < MARKS_LAST_MICROS;
    const gain = marked ? MARKED_PROBE_GAIN : PROBE_GAIN;
    let wanted = open ? decision.targetBps * gain : capacity * used;
    if (open && !marked) wanted = Math.max(wanted, capacity * used);
    wanted *= Math.max(0, 1 - drain / used) * (1 - this.#marks / 2);
    if (this.#lossRatio > 0.1) wanted *= 1 - (this.#lossRatio - 0.1);
    let target = decision.targetBps;
    if (wanted < target) target = wanted;
    else if (decision.state !== "congested")
      target += (wanted - target) * (1 - Math.exp(-elapsed / riseMicros));
    decision.targetBps = Math.min(this.#options.maxBps, Math.max(this.#options.minBps, target));
  }

  #setPace(now: Micros): void {
    const capacity = this.#knownCapacity();
    if (capacity === 0) return;
    const decision = this.decision;
    const marked = now - this.#markedAt < MARKS_LAST_MICROS;
    const pacing = Math.max(
      capacity * (marked ? MARKED_TRAIN_GAIN : TRAIN_GAIN),
      decision.targetBps * MIN_TRAIN_GAIN,
    );
    decision.pacingBps = Math.min(MAX_PACING_BPS, Math.max(1_000_000, pacing));
    // Where reports get lost rather than delayed, what they do not tell of must not stop us.
    const unheard = STEADY_OVERDUE_MICROS * this.#steadiness;
    const window = (this.#safeCapacity() / 8e6) * (this.#holdAfter() + SPARE_MICROS + unheard);
    // A whole frame must fit beside what is under way.
    const frame = decision.targetBps / 8 / 20;
    decision.windowBytes = Math.max(MIN_WINDOW_BYTES, window + frame);
  }
}
