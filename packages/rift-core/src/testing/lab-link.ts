import type { Micros } from "../micros.ts";
import { ArrivalHeap } from "./arrival-heap.ts";
import { Codel } from "./codel.ts";
import type { LinkRate, LinkServer, Outage } from "./link-rate.ts";
import { type LinkLoss, lossPattern } from "./loss-pattern.ts";
import { PacketRing } from "./packet-ring.ts";
import { seededRandom } from "./random.ts";
import { StepsServer } from "./steps-server.ts";
import { TraceServer } from "./trace-server.ts";

/** What waits in front of a lab link, and what happens when too much does. */
export type LinkQueue =
  /** Holds so many bytes, or what the rate drains in a time (its mean or first rate); the packet that leaves counts. */
  | { readonly kind: "drop-tail"; readonly maxBytes?: number; readonly maxMicros?: Micros }
  /** RFC 8289. */
  | {
      readonly kind: "codel";
      readonly targetMicros: Micros;
      readonly intervalMicros: Micros;
      readonly maxBytes?: number;
    }
  /** Marks what waited for the threshold or longer (as L4S queues do), and is a drop-tail besides. */
  | { readonly kind: "mark"; readonly thresholdMicros: Micros; readonly maxMicros?: Micros };

/** One direction of a link; what is left out is perfect. */
export interface LabLinkOptions {
  /** All that is random follows from it. */
  readonly seed: number;
  /** Left out: everything leaves at once. */
  readonly rate?: LinkRate | undefined;
  /** Left out: it holds everything. */
  readonly queue?: LinkQueue | undefined;
  /** Propagation, after the queue. */
  readonly delayMicros?: Micros | undefined;
  /** Up to this much is added to the delay, evenly spread. */
  readonly jitterMicros?: Micros | undefined;
  /** Jitter alone lets nothing overtake. */
  readonly jitterKeepsOrder?: boolean | undefined;
  /** Happens after the queue, as on the air. */
  readonly loss?: LinkLoss | undefined;
  /** Share of packets that arrive twice, 0..1. */
  readonly duplicateRatio?: number | undefined;
  /** Share of packets that arrive `reorderMicros` later, 0..1. */
  readonly reorderRatio?: number | undefined;
  readonly reorderMicros?: Micros | undefined;
  /** Nothing leaves the queue in these times, counted from `startAt`; they do not overlap. */
  readonly outages?: readonly Outage[] | undefined;
  /** CoDel marks packets that allow it instead of dropping them; a "mark" queue does unless this is false. */
  readonly ecn?: boolean | undefined;
  /** The link's time 0 on the caller's clock; 0 by default. */
  readonly startAt?: Micros | undefined;
}

/** A packet that came out of a link. */
export interface LabArrival<T> {
  readonly item: T;
  readonly bytes: number;
  readonly flow: number;
  readonly sentAt: Micros;
  /** A whole number. */
  readonly at: Micros;
  /** How long it waited before it began to leave: for those before it, for an opportunity, for an outage to end. */
  readonly queuedMicros: Micros;
  /** With ECN CE. */
  readonly marked: boolean;
}

/** What became of packets so far; those in neither count are under way. */
export interface LabLinkStats {
  sent: number;
  delivered: number;
  deliveredBytes: number;
  queueDrops: number;
  lossDrops: number;
  duplicated: number;
  marked: number;
}

interface Packet<T> {
  readonly item: T;
  readonly bytes: number;
  readonly flow: number;
  readonly ecnCapable: boolean;
  readonly sentAt: Micros;
  at: Micros;
  queuedMicros: Micros;
  marked: boolean;
}

/**
 * One direction of a link in virtual time: a queue, a rate, losses, delay. The same seed, options and calls give the
 * same arrivals. Calls go forward in time.
 */
export class LabLink<T> {
  readonly stats: LabLinkStats = {
    sent: 0,
    delivered: 0,
    deliveredBytes: 0,
    queueDrops: 0,
    lossDrops: 0,
    duplicated: 0,
    marked: 0,
  };
  readonly #options: LabLinkOptions;
  readonly #startAt: Micros;
  readonly #waiting = new PacketRing<Packet<T>>();
  readonly #flights = new ArrivalHeap<Packet<T>>();
  readonly #codel: Codel | undefined;
  readonly #markMicros: Micros;
  readonly #jitter: () => number;
  readonly #duplicate: () => number;
  readonly #reorder: () => number;
  #server: LinkServer;
  #maxBytes: number;
  #isLost: () => boolean;
  #delayMicros: Micros;
  #waitingBytes = 0;
  /** The packet that leaves, and when its last byte does. */
  #leavingBytes = 0;
  #freeAt: Micros = -Infinity;
  #latestAt: Micros = -Infinity;
  #losses = 0;

  /** Throws RangeError where an option makes no sense. */
  constructor(options: LabLinkOptions) {
    const { seed, queue } = options;
    this.#options = options;
    this.#startAt = options.startAt ?? 0;
    this.#server = makeServer(options.rate, options.outages ?? [], this.#startAt);
    this.#maxBytes = queueBytes(queue, this.#server);
    this.#codel = queue?.kind === "codel" ? new Codel(queue) : undefined;
    this.#markMicros =
      queue?.kind === "mark" && options.ecn !== false ? queue.thresholdMicros : Infinity;
    this.#delayMicros = checkDelay(options.delayMicros ?? 0);
    checkDelay(options.jitterMicros ?? 0);
    checkDelay(options.reorderMicros ?? 0);
    // Each cause has its own numbers, so that adding one leaves the others' alone.
    this.#jitter = seededRandom(seed ^ 0x6a09_e667);
    this.#duplicate = seededRandom(seed ^ 0xbb67_ae85);
    this.#reorder = seededRandom(seed ^ 0x3c6e_f372);
    this.#isLost = makeLoss(options.loss, seed);
  }

  /** Bytes in the queue as of the last call, with the packet that leaves. */
  get queuedBytes(): number {
    return this.#waitingBytes + this.#leavingBytes;
  }

  /** Packets in the queue or on the way. */
  get underWay(): number {
    return this.#waiting.length + this.#flights.length;
  }

  /** Takes a packet (owned) of so many bytes, headers included. */
  send(
    item: T,
    bytes: number,
    now: Micros,
    options?: { readonly ecnCapable?: boolean; readonly flow?: number },
  ): void {
    this.#advance(now);
    this.stats.sent++;
    if (this.queuedBytes + bytes > this.#maxBytes) {
      this.stats.queueDrops++;
      return;
    }
    this.#waitingBytes += bytes;
    this.#waiting.push({
      item,
      bytes,
      flow: options?.flow ?? 0,
      ecnCapable: options?.ecnCapable ?? false,
      sentAt: now,
      at: 0,
      queuedMicros: 0,
      marked: false,
    });
    this.#advance(now);
  }

  /**
   * When to call `receive` next; undefined: nothing is under way. It is the next arrival, or earlier where losses or
   * the queue have to be decided first.
   */
  nextArrival(): Micros | undefined {
    const flight = this.#flights.peek()?.at ?? Infinity;
    const waiting = this.#waiting.peek();
    const begin = waiting ? this.#server.beginAt(Math.max(this.#freeAt, waiting.sentAt)) : Infinity;
    const next = Math.min(flight, Math.ceil(begin + this.#delayMicros));
    return next === Infinity ? undefined : next;
  }

  /** The next packet that has arrived by `now`, in the order of arrival; the caller's. */
  receive(now: Micros): LabArrival<T> | undefined {
    this.#advance(now);
    const first = this.#flights.peek();
    if (first === undefined || first.at > now) return undefined;
    this.#flights.pop();
    this.stats.delivered++;
    this.stats.deliveredBytes += first.bytes;
    return first;
  }

  /** What the present rate carries within a time, outages excluded; Infinity without a rate. */
  capacityBytes(from: Micros, until: Micros): number {
    return this.#server.capacityBytes(from, until);
  }

  /** Bits a second at a moment; of a trace, the mean of 200 ms around it. */
  rateAt(now: Micros): number {
    return this.#server.rateAt(now);
  }

  /** Changes the rate for what begins to leave from now on; its times count from `startAt`. The queue stays as it is. */
  setRate(rate: LinkRate | undefined, now: Micros): void {
    this.#advance(now);
    this.#server = makeServer(rate, this.#options.outages ?? [], this.#startAt);
  }

  /** Changes the losses for what begins to leave from now on. */
  setLoss(loss: LinkLoss | undefined, now: Micros): void {
    this.#advance(now);
    this.#isLost = makeLoss(loss, this.#options.seed + ++this.#losses);
  }

  /** Changes the propagation delay for what begins to leave from now on; a shorter one lets packets overtake. */
  setDelay(delayMicros: Micros, now: Micros): void {
    this.#advance(now);
    this.#delayMicros = checkDelay(delayMicros);
  }

  /** Takes out of the queue what begins to leave by `now`. */
  #advance(now: Micros): void {
    for (;;) {
      if (this.#freeAt <= now) this.#leavingBytes = 0;
      const head = this.#waiting.peek();
      if (head === undefined) return;
      const begunAt = this.#server.beginAt(Math.max(this.#freeAt, head.sentAt));
      if (begunAt > now) return;
      this.#waiting.shift();
      this.#waitingBytes -= head.bytes;
      head.queuedMicros = begunAt - head.sentAt;
      if (this.#passesQueue(head, begunAt)) this.#leave(head, begunAt);
    }
  }

  #passesQueue(packet: Packet<T>, now: Micros): boolean {
    const { queuedMicros, ecnCapable } = packet;
    if (ecnCapable && queuedMicros >= this.#markMicros) packet.marked = true;
    if (this.#codel?.takes(queuedMicros, this.#waitingBytes, now)) {
      if (!ecnCapable || this.#options.ecn !== true) {
        this.stats.queueDrops++;
        return false;
      }
      packet.marked = true;
    }
    if (packet.marked) this.stats.marked++;
    return true;
  }

  #leave(packet: Packet<T>, begunAt: Micros): void {
    this.#freeAt = this.#server.send(begunAt, packet.bytes);
    this.#leavingBytes = packet.bytes;
    if (this.#isLost()) {
      this.stats.lossDrops++;
      return;
    }
    this.#fly(packet);
    const { duplicateRatio = 0 } = this.#options;
    if (duplicateRatio > 0 && this.#duplicate() < duplicateRatio) {
      this.stats.duplicated++;
      this.#fly({ ...packet });
    }
  }

  #fly(packet: Packet<T>): void {
    const { jitterMicros = 0, reorderRatio = 0, reorderMicros = 0 } = this.#options;
    let at = this.#freeAt + this.#delayMicros;
    if (jitterMicros > 0) at += this.#jitter() * jitterMicros;
    at = Math.ceil(at);
    if (this.#options.jitterKeepsOrder === true) {
      at = Math.max(at, this.#latestAt);
      this.#latestAt = at;
    }
    if (reorderRatio > 0 && this.#reorder() < reorderRatio) at += reorderMicros;
    packet.at = at;
    this.#flights.push(packet);
  }
}

function makeServer(
  rate: LinkRate | undefined,
  outages: readonly Outage[],
  startAt: Micros,
): LinkServer {
  for (const { from, until } of outages)
    if (!(from >= 0 && until > from && until < Infinity))
      throw new RangeError(`an outage from ${from} until ${until} makes no sense`);
  if (rate?.kind === "trace") return new TraceServer(rate, outages, startAt);
  if (rate?.kind === "steps") return new StepsServer(rate.steps, outages, startAt);
  return new StepsServer([{ at: 0, bps: rate?.bps ?? Infinity }], outages, startAt);
}

function queueBytes(queue: LinkQueue | undefined, server: LinkServer): number {
  if (queue === undefined) return Infinity;
  const maxBytes = (queue.kind === "mark" ? undefined : queue.maxBytes) ?? Infinity;
  const maxMicros = (queue.kind === "codel" ? undefined : queue.maxMicros) ?? Infinity;
  return Math.min(maxBytes, (server.nominalBps * maxMicros) / 8e6);
}

function makeLoss(loss: LinkLoss | undefined, seed: number): () => boolean {
  return loss === undefined ? () => false : lossPattern(loss, seed);
}

function checkDelay(micros: Micros): Micros {
  if (!(micros >= 0 && micros < Infinity)) throw new RangeError(`${micros} is no delay`);
  return micros;
}
