import {
  equalPieceBytes,
  FecEncoder,
  FRAGMENT_HEAD_BYTES,
  type FragmentHead,
  isKeyframe,
  MAX_DATAGRAM_BYTES,
  MAX_UPDATE_BYTES,
  type Micros,
  RecoveryPlanner,
  RepairWriter,
  type Report,
  RetransmitBuffer,
  type SentUpdate,
  writeFragmentHead,
  writeSentStamp,
} from "@wavry/rift-core";
import { BOUNDS, TIMES } from "./constants.ts";
import { FragmentSlab } from "./fragment-slab.ts";

/** The last packet of an update leaves this much before its deadline at the latest. */
const MARGIN_MICROS: Micros = 1_000;

/**
 * Splits updates into fragments of equal size, adds what mends losses, sends fragments again on request, and knows which
 * keyframe answers which wish.
 */
export class UpdateSender {
  readonly #planner = new RecoveryPlanner();
  readonly #writer = new RepairWriter();
  readonly #repeats = new RetransmitBuffer(this.#planner, this.#writer);
  readonly #repairs = new FecEncoder(this.#writer);
  readonly #queue: (SentUpdate & { readonly pieceBytes: number })[] = [];
  readonly #slab = new FragmentSlab();
  readonly #head: FragmentHead = { frameId: 0, index: 0, count: 0, pieceBytes: 0, keyframe: false };
  #lastFrame = 0;
  #keyframe = 0;
  #keyframeAt: Micros = 0;
  #wishedAt: Micros = -Infinity;
  #reported = 0;
  #replaced = 0;
  #polled: "fragment" | "repair" = "fragment";

  /** What is sent against losses, to be told of the path and of the fate of packets. */
  get planner(): RecoveryPlanner {
    return this.#planner;
  }

  /** How fast packets leave, so that the last repeats begin in time. */
  set pacingBps(bps: number) {
    this.#repeats.packetMicros = (MAX_DATAGRAM_BYTES * 8e6) / bps;
  }

  /** What the last `poll` or `pollRepeat` gave: content of the video channel or of the repair channel. */
  get polled(): "fragment" | "repair" {
    return this.#polled;
  }

  /** Packets that were sent again on request, and repair packets among them. */
  get repeated(): number {
    return this.#repeats.repeated + this.#repeats.repaired;
  }

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
    return this.#queue.length > 0 || this.#repairs.left > 0;
  }

  /** Bytes of updates that are still to be sent. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const update of this.#queue) bytes += update.bytes.length;
    const first = this.#queue[0];
    return first === undefined ? 0 : bytes - this.#head.index * first.pieceBytes;
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
    const { depth, rows } = this.#planner.planUpdate(bytes.length);
    const latestAt = now + this.#planner.deadlineMicros - MARGIN_MICROS;
    const pieceBytes = equalPieceBytes(bytes.length);
    const update = { frameId, bytes, keyframe, pieceBytes, depth, rows, latestAt };
    this.#repeats.push(update, now);
    this.#queue.push(update);
    return frameId;
  }

  /** Takes a request for fragments (borrowed). Throws WireError. */
  takeRequest(message: Uint8Array, now: Micros): void {
    this.#repeats.take(message, now);
  }

  /** When `pollRepeat` has something; Infinity: not. */
  repeatAt(now: Micros): Micros {
    return this.#repeats.pollTimeout(now);
  }

  /** What is to be sent again next, borrowed until the next poll; undefined: nothing is due. See `polled`. */
  pollRepeat(now: Micros): Uint8Array | undefined {
    const length = this.#repeats.poll(this.#slab.payload, now);
    if (length === 0) return undefined;
    this.#polled = this.#repeats.polled;
    return this.#slab.first(length);
  }

  /** The next payload, borrowed until the next poll; undefined: nothing is queued. See `polled`. */
  poll(now: Micros): Uint8Array | undefined {
    if (this.#repairs.left > 0) {
      this.#polled = "repair";
      return this.#slab.first(this.#repairs.poll(this.#slab.payload));
    }
    const update = this.#queue[0];
    if (update === undefined) return undefined;
    this.#polled = "fragment";
    const head = this.#head;
    const { bytes, frameId, pieceBytes } = update;
    const start = head.index * pieceBytes;
    const end = Math.min(start + pieceBytes, bytes.length);
    head.frameId = frameId;
    head.count = Math.ceil(bytes.length / pieceBytes);
    head.pieceBytes = pieceBytes;
    head.keyframe = update.keyframe;
    writeFragmentHead(this.#slab.payload, 0, head);
    writeSentStamp(this.#slab.payload, 0, now);
    this.#slab.copy(frameId, bytes, start, end, FRAGMENT_HEAD_BYTES);
    this.#repeats.fragmentSent(frameId, head.index);
    if (++head.index === head.count) {
      this.#queue.shift();
      head.index = 0;
      if (update.rows > 0) this.#repairs.start(update, update);
    }
    return this.#slab.first(FRAGMENT_HEAD_BYTES + end - start);
  }

  /** Forgets what is queued. */
  clear(): void {
    this.#queue.length = 0;
    this.#head.index = 0;
    this.#repairs.clear();
    this.#repeats.clear();
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
