import type { Micros } from "../micros.ts";
import { ARRIVAL_UNIT_MICROS, type Arrivals, MAX_REPORTED_PACKETS } from "./arrival-report.ts";
import type { PathFeedback } from "./congestion-controller.ts";

const SLOTS = 1 << 13;
const MASK = SLOTS - 1;
/** A packet is lost once this many later ones came in, … */
const REORDER_PACKETS = 12;
/** … or one that was sent this much later did. */
const REORDER_MICROS: Micros = 30_000;

const State = { none: 0, underWay: 1, arrived: 2, lost: 3 } as const;

/** A sender's memory of its packets: joins them with arrival reports to what a controller is told. */
export class SentHistory {
  readonly #numbers: Float64Array = new Float64Array(SLOTS);
  readonly #sentAt: Float64Array = new Float64Array(SLOTS);
  readonly #bytes: Float64Array = new Float64Array(SLOTS);
  readonly #states: Uint8Array = new Uint8Array(SLOTS);
  readonly #feedback: PathFeedback = newPathFeedback();
  #highest = 0;
  /** Every packet before this one has arrived or is lost. */
  #oldestOpen = 1;
  #highestArrived = 0;
  #inFlightBytes = 0;
  #marked = 0;
  /** Called for each packet that is found lost. */
  onLost: ((packetNumber: number) => void) | undefined;

  /** Bytes that are under way. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** When the oldest packet under way was sent; Infinity: none is. */
  get oldestSentAt(): Micros {
    this.#skipClosed();
    return this.#oldestOpen > this.#highest ? Infinity : this.#sentAt[this.#oldestOpen & MASK]!;
  }

  /** Notes a packet; their numbers go up. */
  packetSent(packetNumber: number, bytes: number, now: Micros): void {
    const slot = packetNumber & MASK;
    if (this.#states[slot] === State.underWay) this.#inFlightBytes -= this.#bytes[slot]!;
    this.#numbers[slot] = packetNumber;
    this.#sentAt[slot] = now;
    this.#bytes[slot] = bytes;
    this.#states[slot] = State.underWay;
    this.#inFlightBytes += bytes;
    this.#highest = packetNumber;
    if (packetNumber - this.#oldestOpen >= SLOTS) this.#oldestOpen = packetNumber - SLOTS + 1;
  }

  /**
   * Joins a report with what was sent; gives what is new in it (borrowed until the next call), or undefined if nothing is.
   * `reportDelayMicros`: how long the peer held the newest arrival back.
   */
  take(
    arrivals: Readonly<Arrivals>,
    reportDelayMicros: Micros,
    now: Micros,
  ): PathFeedback | undefined {
    const feedback = this.#feedback;
    feedback.count = 0;
    feedback.lostPackets = 0;
    feedback.lostBytes = 0;
    for (let index = 0; index < arrivals.count; index++) {
      const entry = arrivals.entries[index]!;
      const number = arrivals.firstPacketNumber + index;
      // Numbers that were never sent are a peer's mistake.
      if (entry === 0 || number > this.#highest) continue;
      const slot = number & MASK;
      if (this.#numbers[slot] !== number) continue;
      const state = this.#states[slot]!;
      if (state === State.arrived || state === State.none) continue;
      if (state === State.underWay) this.#inFlightBytes -= this.#bytes[slot]!;
      this.#states[slot] = State.arrived;
      const place = feedback.count++;
      feedback.packetNumbers[place] = number;
      feedback.sentAt[place] = this.#sentAt[slot]!;
      feedback.bytes[place] = this.#bytes[slot]!;
      feedback.arrivedAt[place] = arrivals.referenceMicros + (entry - 1) * ARRIVAL_UNIT_MICROS;
      if (number > this.#highestArrived) this.#highestArrived = number;
    }
    const marked = (arrivals.markedPackets - this.#marked) >>> 0;
    // Half of the numbers are ahead, the other half behind.
    feedback.markedPackets = marked <= 0x7fff_ffff ? marked : 0;
    this.#marked = (this.#marked + feedback.markedPackets) >>> 0;
    if (feedback.count === 0) return undefined;
    this.#findLost(feedback);
    feedback.inFlightBytes = this.#inFlightBytes;
    const newest = feedback.sentAt[feedback.count - 1]!;
    feedback.rttMicros = Math.max(0, now - newest - reportDelayMicros);
    return feedback;
  }

  /** Gives up packets that were sent before `time` and of which nothing was heard. */
  expire(time: Micros): void {
    while (this.oldestSentAt < time) {
      const slot = this.#oldestOpen & MASK;
      this.#states[slot] = State.lost;
      this.#inFlightBytes -= this.#bytes[slot]!;
      this.onLost?.(this.#oldestOpen);
    }
  }

  #findLost(feedback: PathFeedback): void {
    const newestSentAt = this.#sentAt[this.#highestArrived & MASK]!;
    this.#skipClosed();
    for (let number = this.#oldestOpen; number < this.#highestArrived; number++) {
      const slot = number & MASK;
      if (this.#states[slot] !== State.underWay) continue;
      const late =
        this.#highestArrived - number >= REORDER_PACKETS ||
        newestSentAt - this.#sentAt[slot]! >= REORDER_MICROS;
      if (!late) break;
      this.#states[slot] = State.lost;
      this.#inFlightBytes -= this.#bytes[slot]!;
      feedback.lostPackets++;
      feedback.lostBytes += this.#bytes[slot]!;
      this.onLost?.(number);
    }
    this.#skipClosed();
  }

  #skipClosed(): void {
    while (
      this.#oldestOpen <= this.#highest &&
      this.#states[this.#oldestOpen & MASK] !== State.underWay
    )
      this.#oldestOpen++;
  }
}

/** Feedback with nothing in it. */
export function newPathFeedback(): PathFeedback {
  return {
    count: 0,
    packetNumbers: new Float64Array(MAX_REPORTED_PACKETS),
    sentAt: new Float64Array(MAX_REPORTED_PACKETS),
    arrivedAt: new Float64Array(MAX_REPORTED_PACKETS),
    bytes: new Float64Array(MAX_REPORTED_PACKETS),
    lostPackets: 0,
    lostBytes: 0,
    markedPackets: 0,
    inFlightBytes: 0,
    rttMicros: 0,
  };
}
