import {
  type Arrivals,
  type CongestionController,
  type CongestionDecision,
  type LossPattern,
  type Micros,
  Pacer,
  SentHistory,
} from "@wavry/rift-core";

/** What nobody reported for so long does not count as under way any more. */
const EXPIRE_MICROS: Micros = 1_000_000;

/** The sender's half of congestion control: what is under way, when video may leave, what the controller wants. */
export class VideoPath {
  readonly #controller: CongestionController;
  readonly #history = new SentHistory();
  readonly #pacer = new Pacer();
  readonly #pattern: LossPattern;

  /** `pattern` is told what became of each packet. */
  constructor(controller: CongestionController, pattern: LossPattern) {
    this.#controller = controller;
    this.#pattern = pattern;
    this.#history.onLost = (packetNumber) => pattern.lost(packetNumber);
    this.#pacer.setRate(controller.decision.pacingBps);
  }

  get decision(): Readonly<CongestionDecision> {
    return this.#controller.decision;
  }

  get inFlightBytes(): number {
    return this.#history.inFlightBytes;
  }

  /** Notes a packet of any channel; `paced`: it is one of those that wait for `videoAt`. */
  packetSent(packetNumber: number, bytes: number, paced: boolean, now: Micros): void {
    this.#history.packetSent(packetNumber, bytes, now);
    this.#controller.packetSent(bytes, this.#history.inFlightBytes, now);
    if (paced) this.#pacer.packetSent(bytes, now);
  }

  /** When a packet of video may leave; `now`: at once; Infinity: not before the next report. */
  videoAt(bytes: number, now: Micros): Micros {
    const { windowBytes } = this.#controller.decision;
    const inFlight = this.#history.inFlightBytes;
    if (inFlight > 0 && inFlight + bytes > windowBytes) return Infinity;
    return this.#pacer.nextAt(now);
  }

  /** When a packet may leave that is to mend an update: it waits for its place in the train, but for no report. */
  repeatAt(now: Micros): Micros {
    return this.#pacer.nextAt(now);
  }

  /** From when on another frame may be captured, with this many bytes of older ones not sent yet. */
  nextFrameAt(queuedBytes: number, now: Micros): Micros {
    return this.#controller.nextFrameAt(queuedBytes, this.#history.inFlightBytes, now);
  }

  /** Takes the arrival times of a report. True: the decision may be another. */
  takeArrivals(arrivals: Readonly<Arrivals>, now: Micros): boolean {
    const feedback = this.#history.take(arrivals, 0, now);
    if (feedback === undefined) return false;
    for (let index = 0; index < feedback.count; index++)
      this.#pattern.arrived(feedback.packetNumbers[index]!);
    this.#controller.feedbackReceived(feedback, now);
    this.#pacer.setRate(this.#controller.decision.pacingBps);
    return true;
  }

  /** Lets time pass. True: the decision may be another. */
  handleTimeout(now: Micros): boolean {
    this.#history.expire(now - EXPIRE_MICROS);
    if (this.#controller.pollTimeout() > now) return false;
    this.#controller.handleTimeout(now);
    this.#pacer.setRate(this.#controller.decision.pacingBps);
    return true;
  }

  pollTimeout(): Micros {
    return this.#controller.pollTimeout();
  }
}
