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
    this.#path ??= new VideoPath(this.#newController(rttMicros));
    return this.#updates.push(update, now);
  }

  /** From when on another frame may be captured. */
  nextFrameAt(now: Micros): Micros {
    return this.#path?.nextFrameAt(this.#updates.queuedBytes, now) ?? now;
  }

  /** Writes the next fragment into `out`; gives its length, 0: none may leave now. */
  poll(out: Uint8Array, now: Micros): number {
    this.#leavesAt = Infinity;
    if (!this.#updates.hasQueued) return 0;
    this.#leavesAt = this.#path?.videoAt(MAX_DATAGRAM_BYTES, now) ?? now;
    return this.#leavesAt > now ? 0 : this.#updates.poll(out);
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
    if (this.#path !== undefined) this.#path = new VideoPath(this.#newController(0));
  }

  /** True: the decision may be another. */
  handleTimeout(now: Micros): boolean {
    return this.#path?.handleTimeout(now) ?? false;
  }

  pollTimeout(): Micros {
    return Math.min(this.#leavesAt, this.#path?.pollTimeout() ?? Infinity);
  }
}
