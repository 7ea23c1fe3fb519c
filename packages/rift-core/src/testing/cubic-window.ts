import { type Micros, SECOND } from "../micros.ts";

/** RFC 9438 §4.1: constants of CUBIC. */
const C = 0.4;
const BETA = 0.7;
const RENO_ALPHA = (3 * (1 - BETA)) / (1 + BETA);
const LEAST_PACKETS = 2;
/** HyStart: a round tells something from so many samples on, and of a rise within these bounds. */
const ROUND_SAMPLES = 8;
const LEAST_RISE_MICROS: Micros = 4_000;
const MOST_RISE_MICROS: Micros = 16_000;

/** The congestion window of CUBIC in packets (RFC 9438), with HyStart's end of slow start (RFC 9406 §4.2). */
export class CubicWindow {
  readonly #maxPackets: number;
  readonly #hyStart: boolean;
  #packets: number;
  #slowStartEnd = Infinity;
  /** The window before the last cut. */
  #wMax = 0;
  #priorPackets = 0;
  /** When the present growth began; undefined: it begins with the next arrival. */
  #epochAt: Micros | undefined;
  #kSeconds = 0;
  /** What Reno would have. */
  #renoPackets = 0;
  #roundEnd = 0;
  #roundSamples = 0;
  #roundRttMicros: Micros = Infinity;
  #lastRoundRttMicros: Micros = Infinity;

  constructor(options: {
    readonly packets: number;
    readonly maxPackets: number;
    readonly hyStart: boolean;
  }) {
    this.#packets = options.packets;
    this.#maxPackets = options.maxPackets;
    this.#hyStart = options.hyStart;
  }

  /** Packets that may be under way; a fraction counts from growth to growth. */
  get packets(): number {
    return this.#packets;
  }

  /** A round trip was measured on packet `number`; `nextNumber` is the next to be sent. */
  roundTrip(number: number, nextNumber: number, rttMicros: Micros): void {
    if (!this.#hyStart || this.#packets >= this.#slowStartEnd) return;
    if (number >= this.#roundEnd) {
      this.#roundEnd = nextNumber;
      this.#lastRoundRttMicros = this.#roundRttMicros;
      this.#roundRttMicros = Infinity;
      this.#roundSamples = 0;
    }
    this.#roundRttMicros = Math.min(this.#roundRttMicros, rttMicros);
    if (++this.#roundSamples < ROUND_SAMPLES || this.#lastRoundRttMicros === Infinity) return;
    const rise = this.#lastRoundRttMicros / 8;
    const bound = Math.min(MOST_RISE_MICROS, Math.max(LEAST_RISE_MICROS, rise));
    if (this.#roundRttMicros < this.#lastRoundRttMicros + bound) return;
    this.#slowStartEnd = this.#packets;
  }

  /** So many packets arrived while the window was full. */
  grow(acked: number, rttMicros: Micros, now: Micros): void {
    if (this.#packets < this.#slowStartEnd) this.#packets += acked;
    else this.#growCubic(acked, rttMicros, now);
    this.#packets = Math.min(this.#maxPackets, this.#packets);
  }

  /** Loss (§4.6, §4.7): at most once a round trip. */
  cut(): void {
    this.#remember();
    this.#packets = this.#slowStartEnd;
  }

  /** A timeout (§4.8): everything under way is lost. */
  collapse(): void {
    this.#remember();
    this.#packets = 1;
    this.#lastRoundRttMicros = Infinity;
    this.#roundRttMicros = Infinity;
    this.#roundSamples = 0;
  }

  #remember(): void {
    const packets = this.#packets;
    this.#priorPackets = packets;
    this.#wMax = packets < this.#wMax ? (packets * (1 + BETA)) / 2 : packets;
    this.#slowStartEnd = Math.max(LEAST_PACKETS, packets * BETA);
    this.#epochAt = undefined;
  }

  #growCubic(acked: number, rttMicros: Micros, now: Micros): void {
    if (this.#epochAt === undefined) this.#beginEpoch(now);
    const seconds = (now - this.#epochAt!) / SECOND;
    const target = this.#cubicAt(seconds + rttMicros / SECOND);
    const alpha = this.#renoPackets >= this.#priorPackets ? 1 : RENO_ALPHA;
    this.#renoPackets += (alpha * acked) / this.#packets;
    if (this.#cubicAt(seconds) < this.#renoPackets) {
      this.#packets = Math.max(this.#packets, this.#renoPackets);
      return;
    }
    const bounded = Math.min(1.5 * this.#packets, Math.max(this.#packets, target));
    this.#packets += ((bounded - this.#packets) * acked) / this.#packets;
  }

  #beginEpoch(now: Micros): void {
    this.#epochAt = now;
    this.#renoPackets = this.#packets;
    if (this.#wMax <= this.#packets) {
      // Slow start ended without a loss, or went past the last one.
      this.#wMax = this.#packets;
      this.#kSeconds = 0;
    } else this.#kSeconds = Math.cbrt((this.#wMax - this.#packets) / C);
  }

  #cubicAt(seconds: number): number {
    return C * (seconds - this.#kSeconds) ** 3 + this.#wMax;
  }
}
