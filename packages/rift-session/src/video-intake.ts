import { Channel, type Micros } from "@wavry/rift-core";
import type { Connection } from "./connection.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import { TIMES } from "./constants.ts";
import { Timer } from "./timers.ts";
import type { Smoothing } from "./update-smoother.ts";
import { VideoReceiver } from "./video-receiver.ts";

/** What of a connection has to do with updates that come in: hands them out, reports them, asks for what is missing. */
export class VideoIntake {
  readonly #connection: Connection;
  readonly #parts: ConnectionParts;
  readonly #smoothing: Smoothing;
  /** Made when the first video comes in. */
  #receiver: VideoReceiver | undefined;
  /** When all that was due had been sent. */
  #restedAt: Micros = 0;

  constructor(connection: Connection, parts: ConnectionParts, smoothing: Smoothing) {
    this.#connection = connection;
    this.#parts = parts;
    this.#smoothing = smoothing;
  }

  /** Updates that came whole. */
  get completed(): number {
    return this.#receiver?.completed ?? 0;
  }

  /** Updates that were given up. */
  get lost(): number {
    return this.#receiver?.lost ?? 0;
  }

  /** The newest complete update; 0: none. */
  get largestComplete(): number {
    return this.#receiver?.largestComplete ?? 0;
  }

  /** Takes a packet of the video or the repair channel (borrowed). Throws WireError. */
  take(channel: number, content: Uint8Array, length: number, now: Micros, arrivedAt: Micros): void {
    this.#receiver ??= new VideoReceiver(this.#smoothing);
    this.#receiver.setRtt(this.#parts.rtt, now);
    const useful =
      channel === Channel.repair
        ? this.#receiver.takeRepair(content, length, now)
        : this.#receiver.takeFragment(content, length, now, arrivedAt);
    this.#parts.timers.setEarlier(Timer.report, now + TIMES.reportMicros);
    if (!useful) this.#parts.counters.uselessFragment++;
    this.#drain(this.#receiver, now);
  }

  /** The peer's packets come another way from now on. */
  expectOvertaking(now: Micros): void {
    this.#receiver?.expectOvertaking(now);
  }

  /** The sender says that it has sent all updates up to this one. */
  noteSent(frameId: number, now: Micros): void {
    this.#receiver ??= new VideoReceiver(this.#smoothing);
    this.#receiver.noteSent(frameId, now);
    this.#drain(this.#receiver, now);
  }

  /** Hands out what is due, and gives up what stayed away for too long. */
  handleTimeout(now: Micros): void {
    if (this.#receiver !== undefined) this.#drain(this.#receiver, now);
  }

  /** Writes a request for fragments into `out`; gives its length, 0: none is due. */
  pollRequest(out: Uint8Array, now: Micros): number {
    return this.#receiver?.pollRequest(out, now) ?? 0;
  }

  /** All that was due has been sent. */
  rest(now: Micros): void {
    this.#restedAt = now;
  }

  /** When it wants its turn. */
  pollTimeout(): Micros {
    return this.#receiver?.pollTimeout(this.#restedAt) ?? Infinity;
  }

  /** What was handed out is not borrowed any more. */
  reclaim(): void {
    this.#receiver?.reclaim();
  }

  /** Hands out what is held, as nothing will come any more. */
  end(): void {
    this.#receiver?.release();
    if (this.#receiver !== undefined) this.#handOut(this.#receiver, 0);
  }

  #drain(receiver: VideoReceiver, now: Micros): void {
    const { feedback, timers } = this.#parts;
    const lostBefore = receiver.lost;
    for (
      let update = receiver.pollComplete(now);
      update !== undefined;
      update = receiver.pollComplete(now)
    ) {
      if (update.keyframe) feedback.keyframeArrived(update.frameId);
      timers.setEarlier(Timer.report, now);
    }
    this.#handOut(receiver, now);
    if (receiver.lost === lostBefore) return;
    // A keyframe that came after the loss has mended it already.
    const mended = receiver.largestKeyframe > receiver.largestLost;
    if (!mended) feedback.wantKeyframe(receiver.largestLost, now);
  }

  #handOut(receiver: VideoReceiver, now: Micros): void {
    const connection = this.#connection;
    for (let update = receiver.poll(now); update !== undefined; update = receiver.poll(now))
      this.#parts.events.push({ type: "update", connection, update });
  }
}
