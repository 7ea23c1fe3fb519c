import {
  type ArrivalLog,
  type Arrivals,
  FeedbackKind,
  feedbackKind,
  INPUT_ACKNOWLEDGED_BYTES,
  type Micros,
  newArrivals,
  PING_BYTES,
  type Ping,
  PONG_BYTES,
  type Pong,
  REPORT_BYTES,
  type Report,
  readArrivals,
  readInputAcknowledged,
  readPing,
  readPong,
  readReport,
  writeArrivals,
  writeInputAcknowledged,
  writePing,
  writePong,
  writeReport,
} from "@wavry/rift-core";
import type { ArrivalMeter } from "./arrival-meter.ts";
import { BOUNDS, TIMES } from "./constants.ts";
import type { RttEstimator } from "./rtt.ts";
import { Timer, type TimerTable } from "./timers.ts";
import type { UpdateSender } from "./update-sender.ts";

/** What a feedback message means for the connection. */
export type FeedbackNews =
  | "nothing"
  | "unknown"
  /** `pingedFrame` is what the peer has sent. */
  | "ping"
  /** `arrivals` is new. */
  | "report"
  /** The same, and the peer wants a keyframe. */
  | "keyframe-requested"
  /** `acknowledgedInput` has risen. */
  | "input-acknowledged";

/** The feedback channel of one connection (spec/rift.md §5.2): pings, reports, acknowledgements. */
export class FeedbackChannel {
  readonly #timers: TimerTable;
  readonly #rtt: RttEstimator;
  readonly #arrivals: ArrivalMeter;
  readonly #log: ArrivalLog;
  readonly #updateSender: UpdateSender;
  readonly #ownArrivals: Arrivals = newArrivals();
  readonly #peerArrivals: Arrivals = newArrivals();
  readonly #ownReport: Report = newReport();
  readonly #ping: Ping = { sentAt: 0, lastFrame: 0 };
  readonly #pong: Pong = { echoSentAt: 0, receivedAt: 0, sentAt: 0 };
  #peerReport: Report = newReport();
  #incomingReport: Report = newReport();
  #pongWanted = false;
  #pingSentAt: Micros = 0;
  #pingArrivedAt: Micros = 0;
  #sampledEcho: Micros = 0;
  #inputToAcknowledge = 0;
  #inputAcknowledgedAt: Micros = -Infinity;
  #acknowledgedInput = 0;
  #keyframeWanted = false;
  #keyframeSince = 0;
  #keyframeRepeatMicros: Micros = TIMES.keyframeRepeatMicros;
  #tailProbes = 0;

  constructor(
    timers: TimerTable,
    rtt: RttEstimator,
    arrivals: ArrivalMeter,
    log: ArrivalLog,
    updateSender: UpdateSender,
  ) {
    this.#timers = timers;
    this.#rtt = rtt;
    this.#arrivals = arrivals;
    this.#log = log;
    this.#updateSender = updateSender;
  }

  /** The peer's newest report. */
  get peerReport(): Readonly<Report> {
    return this.#peerReport;
  }

  /** The arrival times in the last report; none where its count is 0. */
  get peerArrivals(): Readonly<Arrivals> {
    return this.#peerArrivals;
  }

  /** The newest update that the last ping named; 0: none. */
  get pingedFrame(): number {
    return this.#ping.lastFrame;
  }

  /** The newest input that the peer acknowledged; 0: none. */
  get acknowledgedInput(): number {
    return this.#acknowledgedInput;
  }

  /** Acknowledges input, at once or when the last acknowledgement is old enough. */
  acknowledgeInput(sequence: number, now: Micros): void {
    this.#inputToAcknowledge = sequence;
    const earliest = this.#inputAcknowledgedAt + TIMES.inputAcknowledgedMicros;
    this.#timers.setEarlier(Timer.inputAcknowledged, Math.max(now, earliest));
  }

  /** Asks for a keyframe newer than `since`, until `keyframeArrived` ends it. */
  wantKeyframe(since: number, now: Micros): void {
    if (this.#keyframeWanted && this.#keyframeSince >= since) return;
    this.#keyframeWanted = true;
    this.#keyframeSince = since;
    this.#keyframeRepeatMicros = TIMES.keyframeRepeatMicros;
    this.#timers.set(Timer.report, now);
  }

  /** A whole keyframe is here. */
  keyframeArrived(frameId: number): void {
    if (frameId > this.#keyframeSince) this.#keyframeWanted = false;
  }

  /** The last fragment of what was queued has gone out: its loss would go unnoticed otherwise. */
  updatesSent(now: Micros): void {
    this.#tailProbes = 0;
    this.#setTailProbe(now);
  }

  /** Writes the next message into `out`; returns its length, 0: none is due. */
  poll(out: Uint8Array, largestComplete: number, isSuspended: boolean, now: Micros): number {
    if (this.#pongWanted) {
      this.#pongWanted = false;
      this.#pong.echoSentAt = this.#pingSentAt;
      this.#pong.receivedAt = this.#pingArrivedAt;
      this.#pong.sentAt = now;
      writePong(out, 0, this.#pong);
      return PONG_BYTES;
    }
    if (this.#timers.isDue(Timer.inputAcknowledged, now)) {
      this.#timers.clear(Timer.inputAcknowledged);
      this.#inputAcknowledgedAt = now;
      writeInputAcknowledged(out, 0, this.#inputToAcknowledge);
      return INPUT_ACKNOWLEDGED_BYTES;
    }
    if (this.#timers.isDue(Timer.report, now)) {
      return this.#writeReport(out, largestComplete, now);
    }
    const probe = this.#timers.isDue(Timer.tailProbe, now);
    if (!probe && !this.#timers.isDue(Timer.ping, now)) return 0;
    if (probe) {
      this.#timers.clear(Timer.tailProbe);
      this.#tailProbes++;
      if (this.#tailProbes < BOUNDS.tailProbes) this.#setTailProbe(now);
    }
    const early = this.#rtt.samples < BOUNDS.firstPings && !isSuspended;
    this.#timers.set(Timer.ping, now + (early ? TIMES.firstPingMicros : TIMES.pingMicros));
    writePing(out, 0, now, this.#updateSender.lastSentFrame);
    return PING_BYTES;
  }

  /** Takes a message (borrowed). Throws WireError. */
  take(message: Uint8Array, now: Micros): FeedbackNews {
    switch (feedbackKind(message)) {
      case FeedbackKind.ping:
        readPing(message, this.#ping);
        this.#pongWanted = true;
        this.#pingSentAt = this.#ping.sentAt;
        this.#pingArrivedAt = now;
        return "ping";
      case FeedbackKind.pong: {
        const pong = this.#pong;
        readPong(message, pong);
        if (pong.echoSentAt <= now)
          this.#rtt.addPong(pong.echoSentAt, pong.receivedAt, pong.sentAt, now);
        return "nothing";
      }
      case FeedbackKind.inputAcknowledged: {
        const sequence = readInputAcknowledged(message);
        if (sequence <= this.#acknowledgedInput) return "nothing";
        this.#acknowledgedInput = sequence;
        return "input-acknowledged";
      }
      case FeedbackKind.report:
        return this.#takeReport(message, now);
      default:
        return "unknown";
    }
  }

  #setTailProbe(now: Micros): void {
    const wait = this.#rtt.smoothed * 1.5 + TIMES.tailProbeMicros;
    this.#timers.set(Timer.tailProbe, now + wait * 2 ** this.#tailProbes);
  }

  #writeReport(out: Uint8Array, largestComplete: number, now: Micros): number {
    const report = this.#ownReport;
    report.highestPacketNumber = this.#arrivals.highest;
    report.packetsReceived = this.#arrivals.received;
    report.packetsLost = this.#arrivals.lost;
    report.largestCompleteFrame = largestComplete;
    report.keyframeWanted = this.#keyframeWanted;
    report.keyframeSince = this.#keyframeSince;
    report.echoSentAt = this.#pingSentAt;
    report.echoDelayMicros = this.#pingSentAt === 0 ? 0 : now - this.#pingArrivedAt;
    report.hasArrivals = this.#log.report(this.#ownArrivals);
    let length = writeReport(out, 0, report);
    if (report.hasArrivals) length = writeArrivals(out, length, this.#ownArrivals);
    if (this.#keyframeWanted) {
      this.#timers.set(Timer.report, now + this.#keyframeRepeatMicros);
      this.#keyframeRepeatMicros = Math.min(
        TIMES.maxKeyframeRepeatMicros,
        this.#keyframeRepeatMicros * TIMES.keyframeRepeatFactor,
      );
    } else this.#timers.clear(Timer.report);
    if (this.#log.hasMore) this.#timers.set(Timer.report, now);
    return length;
  }

  #takeReport(message: Uint8Array, now: Micros): FeedbackNews {
    const report = this.#incomingReport;
    readReport(message, report);
    this.#peerArrivals.count = 0;
    // An overtaken report is out of date.
    if (report.highestPacketNumber < this.#peerReport.highestPacketNumber) return "nothing";
    if (report.hasArrivals) readArrivals(message, REPORT_BYTES, this.#peerArrivals);
    this.#incomingReport = this.#peerReport;
    this.#peerReport = report;
    if (report.echoSentAt > this.#sampledEcho && report.echoSentAt <= now) {
      this.#sampledEcho = report.echoSentAt;
      this.#rtt.addSample(now - report.echoSentAt - report.echoDelayMicros, now);
    }
    const wanted = this.#updateSender.takeReport(report, this.#rtt.smoothed, now);
    if (this.#updateSender.isReported) this.#timers.clear(Timer.tailProbe);
    return wanted ? "keyframe-requested" : "report";
  }
}

function newReport(): Report {
  return {
    highestPacketNumber: 0,
    packetsReceived: 0,
    packetsLost: 0,
    largestCompleteFrame: 0,
    keyframeWanted: false,
    keyframeSince: 0,
    echoSentAt: 0,
    echoDelayMicros: 0,
    hasArrivals: false,
  };
}
