import type { Micros } from "../micros.ts";
import { CubicWindow } from "./cubic-window.ts";

/** A packet of a CubicFlow on its way. */
export type CubicSegment =
  | { readonly kind: "data"; readonly number: number; readonly bytes: number }
  /** `ranges`: what has arrived, newest first: first and last number of each, flat. */
  | { readonly kind: "ack"; readonly ranges: readonly number[]; readonly bytes: number };

/** A packet that a CubicFlow wants sent. */
export interface CubicTransmit {
  /** True: towards the receiver; false: back to the sender. */
  readonly forward: boolean;
  readonly item: CubicSegment;
  readonly bytes: number;
}

/** What a CubicFlow is made with. */
export interface CubicFlowOptions {
  readonly startAt?: Micros;
  /** Bytes of a data packet with its headers. */
  readonly packetBytes?: number;
  /** Leaves slow start when the round trip grows (HyStart); true by default. */
  readonly hyStart?: boolean;
}

const ACK_BYTES = 52;
const INITIAL_WINDOW = 10;
const MAX_WINDOW = 8_192;
const SLOTS = 1 << 15;
const MASK = SLOTS - 1;
const MAX_RANGES = 8;
/** A packet is lost once one this much later has arrived. */
const REORDER_PACKETS = 3;
const LEAST_RTO_MICROS: Micros = 200_000;
const MOST_RTO_MICROS: Micros = 60_000_000;

/**
 * A greedy TCP sender under CUBIC (RFC 9438) and its receiver, in virtual time: what else is on a link. Loss is found as
 * with SACK; every transmission has a number of its own, as what the bytes are does not matter here.
 */
export class CubicFlow {
  readonly #startAt: Micros;
  readonly #packetBytes: number;
  readonly #window: CubicWindow;
  readonly #sentAt: Float64Array = new Float64Array(SLOTS);
  /** 1: under way. */
  readonly #open: Uint8Array = new Uint8Array(SLOTS);
  #nextNumber = 0;
  #oldestOpen = 0;
  #highestAcked = -1;
  #inFlight = 0;
  /** Losses of what was sent before this number belong to a cut that was made. */
  #recoveryEnd = 0;
  #smoothedRttMicros: Micros = 0;
  #rttDeviationMicros: Micros = 0;
  #timeoutAt: Micros = Infinity;
  #backoff = 1;
  #started = false;
  #acknowledged = 0;
  #lost = 0;
  // The receiver.
  #ranges: number[] = [];
  #owedAcks = 0;

  constructor(options: CubicFlowOptions = {}) {
    this.#startAt = options.startAt ?? 0;
    this.#packetBytes = options.packetBytes ?? 1500;
    this.#window = new CubicWindow({
      packets: INITIAL_WINDOW,
      maxPackets: MAX_WINDOW,
      hyStart: options.hyStart ?? true,
    });
  }

  /** Packets that may be under way. */
  get windowPackets(): number {
    return this.#window.packets;
  }

  /** Bytes that the sender knows to have arrived, headers included. */
  get acknowledgedBytes(): number {
    return this.#acknowledged * this.#packetBytes;
  }

  get lostPackets(): number {
    return this.#lost;
  }

  get smoothedRttMicros(): Micros {
    return this.#smoothedRttMicros;
  }

  /** The next packet to send; undefined: none now. */
  pollTransmit(now: Micros): CubicTransmit | undefined {
    if (this.#owedAcks > 0) {
      this.#owedAcks--;
      const item = { kind: "ack", ranges: this.#ranges.slice(), bytes: ACK_BYTES } as const;
      return { forward: false, item, bytes: ACK_BYTES };
    }
    if (now < this.#startAt) return undefined;
    this.#started = true;
    if (this.#inFlight >= Math.floor(this.#window.packets)) return undefined;
    const number = this.#nextNumber++;
    this.#sentAt[number & MASK] = now;
    this.#open[number & MASK] = 1;
    if (this.#inFlight++ === 0) this.#armTimeout(now);
    const bytes = this.#packetBytes;
    return { forward: true, item: { kind: "data", number, bytes }, bytes };
  }

  /** Takes a packet that came out of a link: data at the receiver, an acknowledgement at the sender. */
  receive(segment: CubicSegment, now: Micros): void {
    if (segment.kind === "ack") {
      this.#acknowledge(segment.ranges, now);
      return;
    }
    this.#noteArrival(segment.number);
    this.#owedAcks++;
  }

  /** When `handleTimeout` is wanted; Infinity: not. */
  pollTimeout(): Micros {
    return this.#started ? this.#timeoutAt : this.#startAt;
  }

  /** Lets time pass. */
  handleTimeout(now: Micros): void {
    if (now >= this.#startAt) this.#started = true;
    if (now < this.#timeoutAt) return;
    for (let number = this.#oldestOpen; number < this.#nextNumber; number++)
      if (this.#open[number & MASK] === 1) this.#lose(number);
    this.#oldestOpen = this.#nextNumber;
    this.#recoveryEnd = this.#nextNumber;
    this.#window.collapse();
    this.#backoff = Math.min(64, this.#backoff * 2);
    this.#timeoutAt = Infinity;
  }

  #acknowledge(ranges: readonly number[], now: Micros): void {
    let acked = 0;
    let grown = 0;
    let newestAcked = -1;
    for (let index = 0; index < ranges.length; index += 2) {
      const last = Math.min(ranges[index + 1]!, this.#nextNumber - 1);
      for (let number = Math.max(ranges[index]!, this.#oldestOpen); number <= last; number++) {
        if (this.#open[number & MASK] !== 1) continue;
        this.#open[number & MASK] = 0;
        this.#inFlight--;
        acked++;
        if (number >= this.#recoveryEnd) grown++;
        if (number > newestAcked) newestAcked = number;
      }
    }
    if (acked === 0) return;
    this.#acknowledged += acked;
    this.#backoff = 1;
    if (newestAcked > this.#highestAcked) {
      this.#highestAcked = newestAcked;
      const rtt = now - this.#sentAt[newestAcked & MASK]!;
      this.#takeRtt(rtt);
      this.#window.roundTrip(newestAcked, this.#nextNumber, rtt);
    }
    // Before the losses: what arrived belongs to the window as it was.
    if (grown > 0) this.#window.grow(grown, this.#smoothedRttMicros, now);
    this.#findLost();
    this.#armTimeout(now);
  }

  #findLost(): void {
    let cut = false;
    for (; this.#oldestOpen <= this.#highestAcked; this.#oldestOpen++) {
      if (this.#open[this.#oldestOpen & MASK] !== 1) continue;
      if (this.#highestAcked - this.#oldestOpen < REORDER_PACKETS) break;
      this.#lose(this.#oldestOpen);
      if (this.#oldestOpen >= this.#recoveryEnd) cut = true;
    }
    if (!cut) return;
    this.#recoveryEnd = this.#nextNumber;
    this.#window.cut();
  }

  #lose(number: number): void {
    this.#open[number & MASK] = 0;
    this.#inFlight--;
    this.#lost++;
  }

  #takeRtt(rtt: Micros): void {
    if (this.#smoothedRttMicros === 0) {
      this.#smoothedRttMicros = rtt;
      this.#rttDeviationMicros = rtt / 2;
      return;
    }
    const error = Math.abs(this.#smoothedRttMicros - rtt);
    this.#rttDeviationMicros += (error - this.#rttDeviationMicros) / 4;
    this.#smoothedRttMicros += (rtt - this.#smoothedRttMicros) / 8;
  }

  #armTimeout(now: Micros): void {
    if (this.#inFlight === 0) {
      this.#timeoutAt = Infinity;
      return;
    }
    const known = this.#smoothedRttMicros > 0;
    const rto = known
      ? Math.max(LEAST_RTO_MICROS, this.#smoothedRttMicros + 4 * this.#rttDeviationMicros)
      : 1_000_000;
    this.#timeoutAt = Math.ceil(now + Math.min(MOST_RTO_MICROS, rto * this.#backoff));
  }

  #noteArrival(number: number): void {
    const ranges = this.#ranges;
    let place = 0;
    while (place < ranges.length && number < ranges[place]! - 1) place += 2;
    if (place === ranges.length) ranges.push(number, number);
    else if (number > ranges[place + 1]! + 1) ranges.splice(place, 0, number, number);
    else {
      ranges[place] = Math.min(ranges[place]!, number);
      ranges[place + 1] = Math.max(ranges[place + 1]!, number);
      if (ranges[place + 2] !== undefined && ranges[place + 3]! >= ranges[place]! - 1) {
        ranges[place] = ranges[place + 2]!;
        ranges.splice(place + 2, 2);
      }
    }
    if (ranges.length > 2 * MAX_RANGES) ranges.length = 2 * MAX_RANGES;
  }
}
