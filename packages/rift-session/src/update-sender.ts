import {
  FRAGMENT_HEAD_BYTES,
  type FragmentHead,
  isKeyframe,
  MAX_FRAGMENT_BYTES,
  MAX_UPDATE_BYTES,
  type Micros,
  type Report,
  writeFragmentHead,
} from "@wavry/rift-core";
import { BOUNDS, TIMES } from "./constants.ts";

interface QueuedUpdate {
  readonly frameId: number;
  readonly bytes: Uint8Array;
  readonly keyframe: boolean;
}

/** Splits updates into fragments of equal size, and knows which keyframe answers which wish. */
export class UpdateSender {
  readonly #queue: QueuedUpdate[] = [];
  readonly #head: FragmentHead = { frameId: 0, index: 0, count: 0, pieceBytes: 0, keyframe: false };
  #lastFrame = 0;
  #keyframe = 0;
  #keyframeAt: Micros = 0;
  #wishedAt: Micros = -Infinity;
  #reported = 0;
  #replaced = 0;

  /** The newest update that was queued; 0: none. */
  get lastFrame(): number {
    return this.#lastFrame;
  }

  /** The newest update of which every fragment has left; 0: none. */
  get lastSentFrame(): number {
    const next = this.#queue[0];
    return next === undefined ? this.#lastFrame : next.frameId - 1;
  }

  /** True once the peer has reported the newest update complete, or there is none. */
  get isReported(): boolean {
    return this.#reported >= this.#lastFrame;
  }

  /** Updates dropped because newer ones filled the queue. */
  get replaced(): number {
    return this.#replaced;
  }

  get hasQueued(): boolean {
    return this.#queue.length > 0;
  }

  /** Bytes of updates that are still to be sent. */
  get queuedBytes(): number {
    let bytes = -this.#head.index * MAX_FRAGMENT_BYTES;
    for (const update of this.#queue) bytes += update.bytes.length;
    return Math.max(0, bytes);
  }

  /** Queues an update (borrowed until it is sent); returns its frame id. Throws RangeError on its size. */
  push(bytes: Uint8Array, now: Micros): number {
    if (bytes.length === 0 || bytes.length > MAX_UPDATE_BYTES)
      throw new RangeError(`an update has 1..${MAX_UPDATE_BYTES} bytes`);
    if (this.#queue.length >= BOUNDS.maxQueuedUpdates) {
      this.#queue.shift();
      this.#head.index = 0;
      this.#replaced++;
    }
    const frameId = ++this.#lastFrame;
    const keyframe = isKeyframe(bytes);
    if (keyframe) {
      this.#keyframe = frameId;
      this.#keyframeAt = now;
    }
    this.#queue.push({ frameId, bytes, keyframe });
    return frameId;
  }

  /** Writes the next video payload into `out`; returns its length, 0: nothing is queued. */
  poll(out: Uint8Array): number {
    const update = this.#queue[0];
    if (update === undefined) return 0;
    const head = this.#head;
    const start = head.index * MAX_FRAGMENT_BYTES;
    const end = Math.min(start + MAX_FRAGMENT_BYTES, update.bytes.length);
    head.frameId = update.frameId;
    head.count = Math.ceil(update.bytes.length / MAX_FRAGMENT_BYTES);
    head.pieceBytes = Math.min(MAX_FRAGMENT_BYTES, update.bytes.length);
    head.keyframe = update.keyframe;
    writeFragmentHead(out, 0, head);
    out.set(update.bytes.subarray(start, end), FRAGMENT_HEAD_BYTES);
    if (++head.index === head.count) {
      this.#queue.shift();
      head.index = 0;
    }
    return FRAGMENT_HEAD_BYTES + end - start;
  }

  /** Forgets what is queued. */
  clear(): void {
    this.#queue.length = 0;
    this.#head.index = 0;
  }

  /** Takes a report; true: hand on that a keyframe is wanted. */
  takeReport(report: Readonly<Report>, rttMicros: Micros, now: Micros): boolean {
    if (
      report.largestCompleteFrame > this.#reported &&
      report.largestCompleteFrame <= this.#lastFrame
    )
      this.#reported = report.largestCompleteFrame;
    if (!report.keyframeWanted) return false;
    // A keyframe that may still be on its way answers the wish; one that must have arrived does not.
    const underWay = this.#keyframe > report.keyframeSince && this.#reported < this.#keyframe;
    const patience = rttMicros * 1.5 + TIMES.keyframeRequestMicros;
    if (underWay && now - this.#keyframeAt < patience) return false;
    if (now - this.#wishedAt < TIMES.keyframeRequestMicros) return false;
    this.#wishedAt = now;
    return true;
  }
}
