import { MAX_PAYLOAD_BYTES, type Micros, WireError, writeU32 } from "@wavry/rift-core";
import {
  CONTROL_DATA_HEAD_BYTES,
  type ControlAcknowledgement,
  writeControlDataHead,
} from "@wavry/rift-core/control";
import { ByteQueue } from "./byte-queue.ts";
import { BOUNDS, TIMES } from "./constants.ts";

interface Segment {
  readonly start: number;
  readonly end: number;
  /** Counts up with every sending, so that it is known what was sent after what. */
  order: number;
  sentAt: Micros;
  lost: boolean;
}

const MAX_SEGMENT_BYTES = MAX_PAYLOAD_BYTES - CONTROL_DATA_HEAD_BYTES;
/** This many later sendings that arrived make an earlier one lost (RFC 9002 §6.1.1). */
const REORDER_SEGMENTS = 3;
const FIRST_WINDOW_BYTES = 32 << 10;
const LEAST_WINDOW_BYTES = 8 << 10;

/** The sending half of the control stream: keeps what is not acknowledged, sends again what is lost. */
export class ControlSender {
  readonly #queue = new ByteQueue();
  readonly #segments: Segment[] = [];
  #nextOffset = 0;
  #allowed: number = BOUNDS.controlWindowBytes;
  #window = FIRST_WINDOW_BYTES;
  #inFlight = 0;
  #order = 0;
  #largestAckedOrder = 0;
  /** Losses of sendings up to this one shrink the window only once. */
  #recoveryOrder = 0;
  #backoff = 1;
  #lossPending = false;

  /** Bytes that are not acknowledged. */
  get bufferedBytes(): number {
    return this.#queue.length;
  }

  /** Queues a message (copied). False: the buffer is full and nothing was queued. */
  push(message: Uint8Array): boolean {
    if (this.#queue.length + 4 + message.length > BOUNDS.controlBufferBytes) return false;
    const length = new Uint8Array(4);
    writeU32(length, 0, message.length);
    this.#queue.append(length);
    this.#queue.append(message);
    return true;
  }

  /** Writes the next data packet's payload into `out`; returns its length, 0: nothing to send now. */
  poll(out: Uint8Array, now: Micros): number {
    const segment = this.#lossPending ? this.#takeLost() : undefined;
    if (segment !== undefined) return this.#write(out, segment, now);
    const length = Math.min(
      MAX_SEGMENT_BYTES,
      this.#queue.limit - this.#nextOffset,
      this.#allowed - this.#nextOffset,
    );
    if (length <= 0 || this.#segments.length >= BOUNDS.controlSegments) return 0;
    if (this.#inFlight > 0 && this.#inFlight + length > this.#window) return 0;
    const fresh: Segment = {
      start: this.#nextOffset,
      end: this.#nextOffset + length,
      order: 0,
      sentAt: now,
      lost: false,
    };
    this.#nextOffset = fresh.end;
    this.#segments.push(fresh);
    return this.#write(out, fresh, now);
  }

  /** Takes an acknowledgement. Throws WireError where it speaks of bytes that were never sent. */
  acknowledge(acknowledgement: ControlAcknowledgement): void {
    const { received, allowed, ranges } = acknowledgement;
    const last = ranges.at(-1)?.end ?? received;
    if (last > this.#nextOffset)
      throw new WireError("malformed", "an acknowledgement of bytes that were never sent");
    if (allowed > this.#allowed) this.#allowed = allowed;
    let ackedBytes = 0;
    let kept = 0;
    for (const segment of this.#segments) {
      const acked =
        segment.end <= received ||
        ranges.some((range) => segment.start >= range.start && segment.end <= range.end);
      if (!acked) {
        this.#segments[kept++] = segment;
        continue;
      }
      ackedBytes += segment.end - segment.start;
      if (!segment.lost) this.#inFlight -= segment.end - segment.start;
      if (segment.order > this.#largestAckedOrder) this.#largestAckedOrder = segment.order;
    }
    this.#segments.length = kept;
    this.#queue.dropTo(received);
    if (ackedBytes === 0) return;
    this.#backoff = 1;
    this.#window = Math.min(BOUNDS.controlWindowBytes, this.#window + ackedBytes);
    for (const segment of this.#segments)
      if (segment.order + REORDER_SEGMENTS <= this.#largestAckedOrder) this.#markLost(segment);
  }

  /** When `handleTimeout` has something to do; Infinity: never. */
  nextTimeout(retransmitMicros: Micros | undefined): Micros {
    const wait = this.#retransmitAfter(retransmitMicros);
    let earliest = Infinity;
    for (const segment of this.#segments)
      if (!segment.lost && segment.sentAt < earliest) earliest = segment.sentAt;
    return earliest + wait;
  }

  /** Marks what is unanswered for too long as lost. */
  handleTimeout(now: Micros, retransmitMicros: Micros | undefined): void {
    if (this.nextTimeout(retransmitMicros) > now) return;
    const wait = this.#retransmitAfter(retransmitMicros);
    for (const segment of this.#segments) if (segment.sentAt + wait <= now) this.#markLost(segment);
    this.#window = LEAST_WINDOW_BYTES;
    this.#backoff = Math.min(64, this.#backoff * 2);
  }

  #retransmitAfter(retransmitMicros: Micros | undefined): Micros {
    const base = retransmitMicros ?? TIMES.firstRetransmitMicros;
    return Math.min(
      TIMES.maxRetransmitMicros,
      Math.max(TIMES.minRetransmitMicros, base) * this.#backoff,
    );
  }

  #markLost(segment: Segment): void {
    if (segment.lost) return;
    segment.lost = true;
    this.#lossPending = true;
    this.#inFlight -= segment.end - segment.start;
    if (segment.order <= this.#recoveryOrder) return;
    this.#recoveryOrder = this.#order;
    this.#window = Math.max(LEAST_WINDOW_BYTES, Math.floor(this.#window * 0.7));
  }

  #takeLost(): Segment | undefined {
    const segment = this.#segments.find((candidate) => candidate.lost);
    if (segment === undefined) {
      this.#lossPending = false;
      return undefined;
    }
    if (this.#inFlight > 0 && this.#inFlight + segment.end - segment.start > this.#window)
      return undefined;
    return segment;
  }

  #write(out: Uint8Array, segment: Segment, now: Micros): number {
    segment.lost = false;
    segment.order = ++this.#order;
    segment.sentAt = now;
    const length = segment.end - segment.start;
    this.#inFlight += length;
    const at = writeControlDataHead(out, 0, segment.start);
    this.#queue.copyTo(out, at, segment.start, length);
    return at + length;
  }
}
