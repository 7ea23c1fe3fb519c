import {
  type Arrivals,
  type CongestionController,
  type CongestionDecision,
  MAX_DATAGRAM_BYTES,
  type Micros,
} from "@wavry/rift-core";
import type { UpdateSender } from "./update-sender.ts";
import { VideoPath } from "./video-path.ts";

/** The sending side of updates: what is queued, and when the path takes it. */
export class VideoSender {
  readonly #updates: UpdateSender;
  readonly #newController: (rttMicros: Micros) => CongestionController;
  #path: VideoPath | undefined;
  /** When the next packet of a queued update may leave; found out by `poll`. */
  #leavesAt: Micros = Infinity;

  constructor(updates: UpdateSender, newController: (rttMicros: Micros) => CongestionController) {
    this.#updates = updates;
    this.#newController = newController;
  }

  /** What congestion control asks for; undefined before the first update. */
  get decision(): Readonly<CongestionDecision> | undefined {
    return this.#path?.decision;
  }

  get inFlightBytes(): number {
    return this.#path?.inFlightBytes ?? 0;
  }

  /** True once something was sent. */
  get isInUse(): boolean {
    return this.#path !== undefined;
  }

  /** Queues an update (borrowed until it has left); gives its frame id. */
  push(update: Uint8Array, rttMicros: Micros, now: Micros): number {
    this.#path ??= new VideoPath(this.#newController(rttMicros), this.#updates.planner.pattern);
    const { redundancy, pacingBps } = this.#path.decision;
    this.#updates.pacingBps = pacingBps;
    this.#updates.planner.setPath({ rttMicros, redundancy });
    return this.#updates.push(update, now);
  }

  /** From when on another frame may be captured. */
  nextFrameAt(now: Micros): Micros {
    return this.#path?.nextFrameAt(this.#updates.queuedBytes, now) ?? now;
  }

  /** The next payload, borrowed until the next poll; undefined: none may leave now. `UpdateSender.polled` says what it is. */
  poll(now: Micros): Uint8Array | undefined {
    this.#leavesAt = Infinity;
    if (this.#path === undefined) return undefined;
    const repeatAt = this.#updates.repeatAt(now);
    if (repeatAt <= now) {
      this.#leavesAt = this.#path.repeatAt(now);
      if (this.#leavesAt > now) return undefined;
      const payload = this.#updates.pollRepeat(now);
      if (payload !== undefined) return payload;
    }
    this.#leavesAt = repeatAt > now ? repeatAt : Infinity;
    if (!this.#updates.hasQueued) return undefined;
    const videoAt = this.#path.videoAt(MAX_DATAGRAM_BYTES, now);
    if (videoAt <= now) return this.#updates.poll(now);
    this.#leavesAt = Math.min(this.#leavesAt, videoAt);
    return undefined;
  }

  /** Notes a packet of any channel; `isVideo`: one that `poll` gave. */
  packetSent(packetNumber: number, bytes: number, isVideo: boolean, now: Micros): void {
    this.#path?.packetSent(packetNumber, bytes, isVideo, now);
  }

  /** Takes arrival times. True: the decision may be another. */
  takeArrivals(arrivals: Readonly<Arrivals>, now: Micros): boolean {
    return this.#path?.takeArrivals(arrivals, now) ?? false;
  }

  /** The peer is to be reached another way, of which nothing is known. */
  startAnew(): void {
    if (this.#path === undefined) return;
    this.#path = new VideoPath(this.#newController(0), this.#updates.planner.pattern);
  }

  /** True: the decision may be another. */
  handleTimeout(now: Micros): boolean {
    return this.#path?.handleTimeout(now) ?? false;
  }

  pollTimeout(): Micros {
    return Math.min(this.#leavesAt, this.#path?.pollTimeout() ?? Infinity);
  }
}
