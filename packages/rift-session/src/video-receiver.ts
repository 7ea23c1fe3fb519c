import {
  type CompleteUpdate,
  DEADLINE_MICROS,
  FecDecoder,
  type Micros,
  NackTracker,
  Reassembler,
  readSentStamp,
} from "@wavry/rift-core";
import type { RttEstimator } from "./rtt.ts";
import { type Smoothing, UpdateSmoother } from "./update-smoother.ts";

/** Beyond the round trip: until a loss is noticed, asked for, and sent again. */
const RECOVERY_MICROS: Micros = 10_000;
/** What was sent again at the last moment may come so much after the deadline. */
const LATE_MICROS: Micros = 10_000;
/** Without time to ask, an update waits so long for the repair packets that follow it. */
const REPAIR_MICROS: Micros = 20_000;
/** After the peer was heard another way, so long: what was sent the old way may be overtaken by so much. */
const CHANGE_MICROS: Micros = 1_000_000;
const OVERTAKEN_MICROS: Micros = 150_000;

/**
 * The receiving side of updates: puts them together, rebuilds what is lost, asks for what cannot be rebuilt, and hands
 * them out evenly. What `poll` gives is borrowed until `reclaim`.
 */
export class VideoReceiver {
  readonly #reassembler = new Reassembler();
  readonly #decoder = new FecDecoder(this.#reassembler);
  readonly #requests = new NackTracker();
  readonly #smoother: UpdateSmoother;
  #repairs = 0;
  /** Until when packets may overtake others by far. */
  #changingUntil: Micros = -Infinity;

  constructor(smoothing: Smoothing) {
    this.#smoother = new UpdateSmoother(smoothing);
    // What was rebuilt need not be asked for.
    this.#decoder.onRecovered = (frameId, index) =>
      this.#requests.fragmentRecovered(frameId, index);
  }

  get completed(): number {
    return this.#reassembler.completed;
  }

  /** Updates that were given up. */
  get lost(): number {
    return this.#reassembler.lost;
  }

  get largestComplete(): number {
    return this.#reassembler.largestComplete;
  }

  get largestLost(): number {
    return this.#reassembler.largestLost;
  }

  get largestKeyframe(): number {
    return this.#reassembler.largestKeyframe;
  }

  /** Fragments that were rebuilt from repair packets. */
  get recovered(): number {
    return this.#decoder.recovered;
  }

  /** Fragments that were asked for again. */
  get asked(): number {
    return this.#requests.asked;
  }

  /** The peer's packets come another way from now on: what is on the old one is late, not lost. */
  expectOvertaking(now: Micros): void {
    this.#changingUntil = now + CHANGE_MICROS;
    this.#reassembler.patienceMicros = Math.max(this.#reassembler.patienceMicros, OVERTAKEN_MICROS);
  }

  /** What is known of the path's round trip. */
  setRtt(rtt: RttEstimator, now: Micros): void {
    const rttMicros = rtt.smoothed;
    if (rttMicros === 0) return;
    this.#smoother.noteRtt(rtt);
    this.#requests.setRtt(rttMicros);
    const canAsk = rttMicros + RECOVERY_MICROS <= DEADLINE_MICROS;
    const repair = this.#repairs > 0 ? REPAIR_MICROS : 0;
    const patience = canAsk ? DEADLINE_MICROS + LATE_MICROS : repair;
    const overtaken = now < this.#changingUntil ? OVERTAKEN_MICROS : 0;
    this.#reassembler.patienceMicros = Math.max(patience, overtaken);
  }

  /** Takes a video packet's content (borrowed). False: it was of no use. Throws WireError. */
  takeFragment(input: Uint8Array, length: number, now: Micros, arrivedAt: Micros): boolean {
    if (this.#reassembler.receive(input, length, now) !== "kept") return false;
    const head = this.#reassembler.lastHead;
    this.#smoother.fragmentArrived(head.frameId, readSentStamp(input), arrivedAt);
    this.#requests.fragmentReceived(head, now);
    this.#decoder.fragmentKept(head, now);
    return true;
  }

  /** Takes a repair packet's content (borrowed). False: it was of no use. Throws WireError. */
  takeRepair(input: Uint8Array, length: number, now: Micros): boolean {
    this.#repairs++;
    const fate = this.#decoder.receive(input, length, now);
    this.#requests.allSent(this.#decoder.lastHead.frameId, now);
    return fate === "kept" || fate === "no-need";
  }

  /** The sender says that it has sent all updates up to this one. */
  noteSent(frameId: number, now: Micros): void {
    this.#reassembler.noteSent(frameId, now);
    this.#requests.allSent(frameId, now);
  }

  /** The next complete update in order, to take note of; undefined: there is no other. Then `poll`. */
  pollComplete(now: Micros): CompleteUpdate | undefined {
    const update = this.#reassembler.poll(now);
    if (update !== undefined) {
      this.#requests.forgetBefore(update.frameId + 1);
      this.#decoder.forgetBefore(update.frameId + 1);
      this.#smoother.push(update, now);
    }
    return update;
  }

  /** The next update in order to hand out; undefined: none is due. */
  poll(now: Micros): CompleteUpdate | undefined {
    return this.#smoother.poll(now);
  }

  /** What is held is due now. */
  release(): void {
    this.#smoother.release();
  }

  /** What was handed out is not borrowed any more. */
  reclaim(): void {
    this.#smoother.reclaim();
  }

  /** Writes a request for fragments into `out`; gives its length, 0: none is due. */
  pollRequest(out: Uint8Array, now: Micros): number {
    return this.#requests.poll(out, now);
  }

  pollTimeout(now: Micros): Micros {
    return Math.min(
      this.#requests.pollTimeout(now),
      this.#reassembler.pollTimeout() ?? Infinity,
      this.#smoother.pollTimeout(),
    );
  }
}
