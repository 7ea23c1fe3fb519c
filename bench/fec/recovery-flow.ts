/** One direction of video with the loss recovery of this repository, in virtual time over two lossy links. */
import {
  ArrivalLog,
  type Arrivals,
  FRAGMENT_HEAD_BYTES,
  type FragmentHead,
  MAX_PAYLOAD_BYTES,
  type Micros,
  newArrivals,
  PACKET_HEADER_BYTES,
  PACKET_TAG_BYTES,
  Reassembler,
  SECOND,
  SentHistory,
  writeFragmentHead,
} from "@wavry/rift-core";
import { LabLink, type LinkLoss } from "@wavry/rift-core/testing";
import {
  DEADLINE_MICROS,
  equalPieceBytes,
  FecDecoder,
  FecEncoder,
  fragmentCount,
  NackTracker,
  RecoveryPlanner,
  RepairWriter,
  RetransmitBuffer,
} from "../../packages/rift-core/src/recovery/index.ts";
import { FPS, frameSource, RATE_BPS } from "./frame-source.ts";

/** Header and tag of every packet. */
export const OVERHEAD_BYTES: number = PACKET_HEADER_BYTES + PACKET_TAG_BYTES;
/** How fast a frame's packets leave, against the rate of the video. */
const PACING = 3;
const REPORT_MICROS: Micros = 10_000;
/** A packet leaves so long before its update's last moment, at the least. */
const MARGIN_MICROS: Micros = 500;
const INTERVAL_MICROS = SECOND / FPS;
const PACKET_MICROS = (1200 * 8 * SECOND) / (RATE_BPS * PACING);

/** A link, and how much may be spent on it. */
export interface FlowOptions {
  readonly loss: LinkLoss;
  readonly rttMicros: Micros;
  readonly seed: number;
  /** Frames that are looked at, after `warmUp` others. */
  readonly frames: number;
  readonly warmUp: number;
  /** The share of the video that may be redundant, for the share of packets that is lost. */
  readonly redundancy: (lossRatio: number) => number;
}

/** What a flow came to. */
export interface FlowResult {
  /** Frames that were complete by their deadline, and all that were looked at. */
  readonly onTime: number;
  readonly frames: number;
  readonly mediaBytes: number;
  /** Bytes besides: sent again, repair packets, requests. */
  readonly extraBytes: number;
}

interface Packet {
  readonly number: number;
  readonly kind: "fragment" | "repair" | "request" | "report";
  readonly payload: Uint8Array;
  readonly arrivals?: Arrivals;
}

class Sender {
  readonly planner = new RecoveryPlanner();
  readonly #writer = new RepairWriter();
  readonly #repeats = new RetransmitBuffer(this.planner, this.#writer);
  readonly #history = new SentHistory();
  /** When the next packet may leave: one after the other, at the pace of sending. */
  #freeAt: Micros = 0;
  readonly #queue: { frameId: number; bytes: Uint8Array; next: number; encoder: FecEncoder }[] = [];
  readonly #head: FragmentHead = { frameId: 0, index: 0, count: 0, pieceBytes: 0, keyframe: false };
  readonly #options: FlowOptions;
  readonly #out = new Uint8Array(MAX_PAYLOAD_BYTES);
  #number = 0;
  mediaBytes = 0;
  extraBytes = 0;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#repeats.packetMicros = PACKET_MICROS;
    this.#history.onLost = (number) => this.planner.pattern.lost(number);
  }

  capture(frameId: number, bytes: Uint8Array, now: Micros): void {
    const { rttMicros, redundancy } = this.#options;
    this.planner.setPath({ rttMicros, redundancy: redundancy(this.planner.pattern.ratio) });
    const update = { frameId, bytes, keyframe: false, pieceBytes: equalPieceBytes(bytes.length) };
    const plan = { ...this.planner.planUpdate(bytes.length) };
    const latestAt = now + this.planner.deadlineMicros - MARGIN_MICROS;
    this.#repeats.push({ ...update, ...plan, latestAt }, now);
    const encoder = new FecEncoder(this.#writer);
    encoder.start(update, plan);
    this.#queue.push({ frameId, bytes, next: 0, encoder });
  }

  pollTimeout(now: Micros): Micros {
    const wanted = this.#queue.length > 0 ? now : this.#repeats.pollTimeout(now);
    return wanted === Infinity ? Infinity : Math.max(wanted, Math.ceil(this.#freeAt));
  }

  poll(now: Micros): Packet | undefined {
    if (Math.ceil(this.#freeAt) > now) return undefined;
    const repeat = this.#repeats.poll(this.#out, now);
    if (repeat > 0) {
      this.extraBytes += repeat + OVERHEAD_BYTES;
      return this.#packet(this.#repeats.polled, repeat, now);
    }
    const head = this.#queue[0];
    if (head === undefined) return undefined;
    const count = fragmentCount(head.bytes.length);
    if (head.next === count) {
      const length = head.encoder.poll(this.#out);
      if (head.encoder.left === 0) this.#queue.shift();
      this.extraBytes += length + OVERHEAD_BYTES;
      return this.#packet("repair", length, now);
    }
    const index = head.next++;
    if (head.next === count && head.encoder.left === 0) this.#queue.shift();
    const pieceBytes = equalPieceBytes(head.bytes.length);
    const piece = head.bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes);
    this.#head.frameId = head.frameId;
    this.#head.index = index;
    this.#head.count = count;
    this.#head.pieceBytes = pieceBytes;
    writeFragmentHead(this.#out, 0, this.#head);
    this.#out.set(piece, FRAGMENT_HEAD_BYTES);
    this.#repeats.fragmentSent(head.frameId, index);
    const length = FRAGMENT_HEAD_BYTES + piece.length;
    this.mediaBytes += length + OVERHEAD_BYTES;
    return this.#packet("fragment", length, now);
  }

  receive(packet: Packet, now: Micros): void {
    if (packet.kind === "request") this.#repeats.take(packet.payload, now);
    if (packet.arrivals === undefined) return;
    const feedback = this.#history.take(packet.arrivals, 0, now);
    for (let index = 0; index < (feedback?.count ?? 0); index++)
      this.planner.pattern.arrived(feedback!.packetNumbers[index]!);
  }

  #packet(kind: Packet["kind"], length: number, now: Micros): Packet {
    const number = ++this.#number;
    const bytes = length + OVERHEAD_BYTES;
    this.#history.packetSent(number, bytes, now);
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes * 8 * SECOND) / (RATE_BPS * PACING);
    return { number, kind, payload: this.#out.slice(0, length) };
  }
}

class Receiver {
  readonly #reassembler = new Reassembler();
  readonly #decoder = new FecDecoder(this.#reassembler);
  readonly #tracker = new NackTracker();
  readonly #log = new ArrivalLog();
  readonly #out = new Uint8Array(MAX_PAYLOAD_BYTES);
  readonly #onComplete: (frameId: number, bytes: Uint8Array, at: Micros) => void;
  #reportAt: Micros = Infinity;
  #number = 0;
  requestBytes = 0;

  constructor(
    rttMicros: Micros,
    onComplete: (frameId: number, bytes: Uint8Array, at: Micros) => void,
  ) {
    this.#onComplete = onComplete;
    this.#reassembler.patienceMicros = DEADLINE_MICROS + 10_000;
    this.#tracker.setRtt(rttMicros);
    this.#decoder.onRecovered = (frameId, index) => this.#tracker.fragmentRecovered(frameId, index);
  }

  pollTimeout(now: Micros): Micros {
    const next = Math.min(this.#reportAt, this.#tracker.pollTimeout(now));
    return Math.min(next, this.#reassembler.pollTimeout() ?? Infinity);
  }

  receive(packet: Packet, now: Micros): void {
    this.#log.add(packet.number, false, now);
    this.#reportAt = Math.min(this.#reportAt, now + REPORT_MICROS);
    if (packet.kind === "repair") {
      this.#decoder.receive(packet.payload, packet.payload.length, now);
      this.#tracker.allSent(this.#decoder.lastHead.frameId, now);
    } else if (this.#reassembler.receive(packet.payload, packet.payload.length, now) === "kept") {
      const head = this.#reassembler.lastHead;
      this.#tracker.fragmentReceived(head, now);
      this.#decoder.fragmentKept(head, now);
    }
    this.drain(now);
  }

  drain(now: Micros): void {
    for (let update = this.#reassembler.poll(now); update; update = this.#reassembler.poll(now)) {
      this.#onComplete(update.frameId, update.bytes, update.receivedAt);
      this.#tracker.forgetBefore(update.frameId + 1);
      this.#decoder.forgetBefore(update.frameId + 1);
      this.#reportAt = now;
    }
  }

  poll(now: Micros): Packet | undefined {
    const request = this.#tracker.poll(this.#out, now);
    if (request > 0) {
      this.requestBytes += request + OVERHEAD_BYTES;
      return { number: ++this.#number, kind: "request", payload: this.#out.slice(0, request) };
    }
    if (this.#reportAt > now) return undefined;
    const arrivals = newArrivals();
    const any = this.#log.report(arrivals);
    this.#reportAt = this.#log.hasMore ? now : Infinity;
    if (!any) return undefined;
    return { number: ++this.#number, kind: "report", payload: new Uint8Array(0), arrivals };
  }
}

/** Plays the frames. Throws Error if a frame comes out other than it went in. */
export function playFlow(options: FlowOptions): FlowResult {
  const { loss, rttMicros, seed, frames, warmUp } = options;
  const delayMicros = rttMicros / 2;
  const forward = new LabLink<Packet>({ seed: seed * 2 + 1, delayMicros, loss });
  const backward = new LabLink<Packet>({ seed: seed * 2 + 2, delayMicros, loss });
  const nextFrame = frameSource(seed);
  const sources = new Map<number, Uint8Array>();
  const captureAt = (frameId: number): Micros => Math.round(frameId * INTERVAL_MICROS);
  let onTime = 0;
  const sender = new Sender(options);
  const receiver = new Receiver(rttMicros, (frameId, bytes, at) => {
    const source = sources.get(frameId);
    if (source === undefined || Buffer.compare(source, bytes) !== 0)
      throw new Error(`frame ${frameId} came out other than it went in`);
    sources.delete(frameId);
    const isLate = at > captureAt(frameId) + delayMicros + DEADLINE_MICROS;
    if (frameId > warmUp && !isLate) onTime++;
  });
  const last = warmUp + frames;
  let warmBytes = { media: 0, extra: 0 };
  const extraBytes = () => sender.extraBytes + receiver.requestBytes;
  let frameId = 1;
  let now = 0;
  const end = captureAt(last) + rttMicros + 4 * DEADLINE_MICROS;
  while (now < end) {
    while (frameId <= last && captureAt(frameId) <= now) {
      const bytes = nextFrame();
      sources.set(frameId, bytes);
      sources.delete(frameId - 64);
      sender.capture(frameId, bytes, now);
      if (frameId === warmUp) warmBytes = { media: sender.mediaBytes, extra: extraBytes() };
      frameId++;
    }
    for (let got = forward.receive(now); got; got = forward.receive(now))
      receiver.receive(got.item, now);
    for (let got = backward.receive(now); got; got = backward.receive(now))
      sender.receive(got.item, now);
    receiver.drain(now);
    for (let out = receiver.poll(now); out; out = receiver.poll(now))
      backward.send(out, out.payload.length + OVERHEAD_BYTES, now);
    for (let out = sender.poll(now); out; out = sender.poll(now))
      forward.send(out, out.payload.length + OVERHEAD_BYTES, now);
    const next = Math.min(
      frameId <= last ? captureAt(frameId) : Infinity,
      forward.nextArrival() ?? Infinity,
      backward.nextArrival() ?? Infinity,
      sender.pollTimeout(now),
      receiver.pollTimeout(now),
      end,
    );
    now = Math.max(now + 1, Math.ceil(next));
  }
  return {
    onTime,
    frames,
    mediaBytes: sender.mediaBytes - warmBytes.media,
    extraBytes: extraBytes() - warmBytes.extra,
  };
}
