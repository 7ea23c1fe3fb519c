import type { Micros } from "../micros.ts";

/** What a controller asks of its sender; one mutable object serves every change. */
export interface CongestionDecision {
  /** All that may be sent on the path on average, in bits a second: headers, redundancy and repeats included. */
  targetBps: number;
  /** How fast a train of packets leaves, in bits a second; above the target, as a frame is sent at once. */
  pacingBps: number;
  /** Bytes that may be under way at once; Infinity: as many as the pacing gives. */
  windowBytes: number;
  /** Redundancy against loss as a share of the video, 0..0.5. */
  redundancy: number;
  /** The most frames a second. */
  maxFps: number;
  /** Side length of the coded picture as a share of the screen's: 1, 0.75 or 0.5. */
  scale: number;
  /** What the path does at present. */
  state: CongestionState;
}

/** Queues are short and even; they grow; they are over the budget, or packets are lost to them (spec/delta.md §4). */
export type CongestionState = "stable" | "rising" | "congested";

/**
 * What a sender has learned from one arrival report; one mutable object, its arrays longer than what is in them.
 * The first `count` entries are packets that arrived, in the order of sending, each told once.
 */
export interface PathFeedback {
  count: number;
  readonly packetNumbers: Float64Array;
  /** When it was handed to the network, on our clock. */
  readonly sentAt: Float64Array;
  /** When it arrived, on the peer's clock: only differences mean something. */
  readonly arrivedAt: Float64Array;
  /** Bytes of the datagram. */
  readonly bytes: Float64Array;
  /** Packets that are lost as of this report, and their bytes. */
  lostPackets: number;
  lostBytes: number;
  /** Packets that arrived with a congestion mark (ECN CE) since the last report. */
  markedPackets: number;
  /** Bytes that are under way after this report. */
  inFlightBytes: number;
  /** Time from the sending of the newest packet here to now, what the peer held its report back (up to 10 ms) included. */
  rttMicros: Micros;
}

/** Decides how much a sender sends. Pure: time is an argument, and nothing happens between calls. */
export interface CongestionController {
  /** Its name in figures: "delta", "gcc" … */
  readonly name: string;
  /** What holds now; the same object each time. */
  readonly decision: Readonly<CongestionDecision>;
  /** A packet leaves. `inFlightBytes`: with it. */
  packetSent(bytes: number, inFlightBytes: number, now: Micros): void;
  /** An arrival report came in. */
  feedbackReceived(feedback: Readonly<PathFeedback>, now: Micros): void;
  /** Lets time pass; called at `pollTimeout` at the latest. */
  handleTimeout(now: Micros): void;
  /** When `handleTimeout` is wanted; Infinity: not. */
  pollTimeout(): Micros;
  /**
   * May another frame be captured and coded, with `queuedBytes` of earlier ones not sent yet and `inFlightBytes` under
   * way? Gives the time from which on it may: `now` or earlier means at once.
   */
  nextFrameAt(queuedBytes: number, inFlightBytes: number, now: Micros): Micros;
}

/** What every controller is made with. */
export interface CongestionOptions {
  /** Bits a second to begin with, and the bounds of the target. */
  readonly startBps: number;
  readonly minBps: number;
  readonly maxBps: number;
  readonly maxFps: number;
}
