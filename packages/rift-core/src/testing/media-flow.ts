import { ArrivalLog } from "../congestion/arrival-log.ts";
import { ARRIVALS_HEAD_BYTES, type Arrivals, newArrivals } from "../congestion/arrival-report.ts";
import type { CongestionController } from "../congestion/congestion-controller.ts";
import { Pacer } from "../congestion/pacer.ts";
import { SentHistory } from "../congestion/sent-history.ts";
import type { Micros } from "../micros.ts";

const PACKET_BYTES = 1200;
const PACKET_OVERHEAD_BYTES = 44;
const PIECE_BYTES = PACKET_BYTES - PACKET_OVERHEAD_BYTES;
const REPORT_OVERHEAD_BYTES = 78;
const REPORT_MICROS: Micros = 10_000;
/** A lost packet is sent again only while its frame is younger than this. */
const REPEAT_WITHIN_MICROS: Micros = 500_000;

/** What nobody reported for so long does not count as under way any more. */
const EXPIRE_MICROS: Micros = 1_000_000;

/** The sizes that an encoder gives its frames. */
export interface FrameSizes {
  /** Bytes of frame number `index` at `bitrateBps` and `fps`. */
  frameBytes(bitrateBps: number, fps: number, index: number): number;
}

/** A packet on its way to the receiver. */
export interface MediaPacket {
  readonly kind: "media";
  readonly flow: number;
  readonly number: number;
  readonly frame: number;
  /** Its place among the frame's packets, redundant ones included. */
  readonly piece: number;
  readonly bytes: number;
}

/** A report on its way back. */
export interface ReportPacket {
  readonly kind: "report";
  readonly flow: number;
  readonly arrivals: Arrivals;
  readonly heldMicros: Micros;
  readonly bytes: number;
}

/** A frame's course. */
export interface FrameRecord {
  readonly capturedAt: Micros;
  /** Packets that carry it, and how many of all its packets, redundant ones too, have come in. */
  readonly needed: number;
  /** 1 for each packet that came in. */
  readonly pieces: Uint8Array;
  arrived: number;
  /** Infinity: it never was complete. */
  completedAt: Micros;
}

interface Queued {
  readonly frame: number;
  readonly piece: number;
  readonly bytes: number;
}

/** What a flow is made with. */
export interface MediaFlowOptions {
  readonly id: number;
  readonly controller: CongestionController;
  readonly trace: FrameSizes;
  /** How often arrivals are reported; default 10 ms, and at once when a frame is complete. */
  readonly reportMicros?: Micros | undefined;
  /** What mends losses: sending again what was reported lost (the default), or the redundancy asked for, sent ahead. */
  readonly mends?: "repeats" | "parity" | undefined;
  /** What the encoder gives at most, in bits a second. */
  readonly ceilingBps: number;
  readonly startAt: Micros;
  readonly until: Micros;
}

/**
 * One stream of video under a congestion controller, in virtual time: the sender's and the receiver's part of RIFT's
 * congestion control, without cryptography and channels. Its owner moves packets between the two over links.
 */
export class MediaFlow {
  readonly id: number;
  readonly controller: CongestionController;
  readonly frames: FrameRecord[] = [];
  readonly #options: MediaFlowOptions;
  readonly #history = new SentHistory();
  readonly #pacer = new Pacer();
  readonly #log = new ArrivalLog();
  readonly #queue: Queued[] = [];
  #queuedBytes = 0;
  #nextNumber = 1;
  readonly #frameOf = new Map<number, Queued>();
  #frameAt: Micros;
  #reportAt: Micros = Infinity;
  #lastArrivalAt: Micros = 0;
  #now: Micros = 0;

  constructor(options: MediaFlowOptions) {
    this.id = options.id;
    this.controller = options.controller;
    this.#options = options;
    this.#frameAt = options.startAt;
    this.#history.onLost = (number) => this.#repeat(number);
  }

  pollTimeout(): Micros {
    return Math.min(
      this.#frameAt,
      this.#reportAt,
      this.controller.pollTimeout(),
      this.#packetAt(this.#now),
    );
  }

  handleTimeout(now: Micros): void {
    this.#now = now;
    if (this.controller.pollTimeout() <= now) this.controller.handleTimeout(now);
    if (this.#history.oldestSentAt < now - EXPIRE_MICROS) this.#history.expire(now - EXPIRE_MICROS);
    if (this.#frameAt <= now) this.#capture(now);
  }

  /** The next packet to send; undefined: none now. */
  pollMedia(now: Micros): MediaPacket | undefined {
    this.#now = now;
    if (this.#packetAt(now) > now) return undefined;
    const next = this.#queue.shift()!;
    this.#queuedBytes -= next.bytes;
    const number = this.#nextNumber++;
    this.#history.packetSent(number, next.bytes, now);
    this.controller.packetSent(next.bytes, this.#history.inFlightBytes, now);
    this.#pacer.packetSent(next.bytes, now);
    this.#frameOf.set(number, next);
    return { kind: "media", flow: this.id, number, ...next };
  }

  /** The next report to send back; undefined: none is due. */
  pollReport(now: Micros): ReportPacket | undefined {
    if (this.#reportAt > now) return undefined;
    const arrivals = newArrivals();
    if (!this.#log.report(arrivals)) return undefined;
    this.#reportAt = this.#log.hasMore ? now : Infinity;
    return {
      kind: "report",
      flow: this.id,
      arrivals,
      heldMicros: now - this.#lastArrivalAt,
      bytes: REPORT_OVERHEAD_BYTES + ARRIVALS_HEAD_BYTES + 2 * arrivals.count,
    };
  }

  receiveMedia(packet: MediaPacket, marked: boolean, now: Micros): void {
    this.#log.add(packet.number, marked, now);
    this.#lastArrivalAt = now;
    const { reportMicros } = this.#options;
    this.#reportAt = Math.min(this.#reportAt, now + (reportMicros ?? REPORT_MICROS));
    const frame = this.frames[packet.frame]!;
    if (frame.pieces[packet.piece] === 1) return;
    frame.pieces[packet.piece] = 1;
    frame.arrived++;
    if (frame.completedAt !== Infinity || frame.arrived < frame.needed) return;
    frame.completedAt = now;
    if (reportMicros === undefined) this.#reportAt = now;
  }

  receiveReport(report: ReportPacket, now: Micros): void {
    this.#now = now;
    const feedback = this.#history.take(report.arrivals, report.heldMicros, now);
    if (feedback === undefined) return;
    for (let index = 0; index < feedback.count; index++)
      this.#frameOf.delete(feedback.packetNumbers[index]!);
    this.controller.feedbackReceived(feedback, now);
  }

  #packetAt(now: Micros): Micros {
    const next = this.#queue[0];
    if (next === undefined) return Infinity;
    const { pacingBps, windowBytes } = this.controller.decision;
    if (this.#history.inFlightBytes + next.bytes > windowBytes) return Infinity;
    this.#pacer.setRate(pacingBps);
    return this.#pacer.nextAt(now);
  }

  #capture(now: Micros): void {
    const { trace, until, ceilingBps } = this.#options;
    if (now >= until) {
      this.#frameAt = Infinity;
      return;
    }
    const mayAt = this.controller.nextFrameAt(this.#queuedBytes, this.#history.inFlightBytes, now);
    if (mayAt > now) {
      this.#frameAt = mayAt;
      return;
    }
    const { targetBps, redundancy, maxFps } = this.controller.decision;
    const videoBps = Math.min(
      ceilingBps,
      (targetBps / (1 + redundancy)) * (PIECE_BYTES / PACKET_BYTES),
    );
    const size = trace.frameBytes(videoBps, maxFps, this.frames.length);
    const needed = Math.ceil(size / PIECE_BYTES);
    const frame = this.frames.length;
    const parity = this.#options.mends === "parity" ? Math.ceil(needed * redundancy) : 0;
    const pieces = needed + parity;
    const course = { capturedAt: now, needed, pieces: new Uint8Array(pieces), arrived: 0 };
    this.frames.push({ ...course, completedAt: Infinity });
    for (let piece = 0; piece < pieces; piece++) {
      const last = piece === needed - 1 ? size - PIECE_BYTES * (needed - 1) : PIECE_BYTES;
      this.#push({ frame, piece, bytes: last + PACKET_OVERHEAD_BYTES });
    }
    const interval = 1e6 / maxFps;
    // A source keeps its beat unless it was held back.
    this.#frameAt = Math.max(this.#frameAt + interval, now + interval / 2);
  }

  #push(packet: Queued): void {
    this.#queue.push(packet);
    this.#queuedBytes += packet.bytes;
  }

  #repeat(number: number): void {
    const packet = this.#frameOf.get(number);
    this.#frameOf.delete(number);
    if (packet === undefined || this.#options.mends === "parity") return;
    if (this.#now - this.frames[packet.frame]!.capturedAt > REPEAT_WITHIN_MICROS) return;
    this.#queue.unshift(packet);
    this.#queuedBytes += packet.bytes;
  }
}
