import {
  type CompleteUpdate,
  DEADLINE_MICROS,
  JitterBuffer,
  type Micros,
  PassageMeter,
} from "@wavry/rift-core";
import type { RttEstimator } from "./rtt.ts";

/** Whether updates are held for a moment where the path is uneven. */
export type Smoothing = "off" | "adaptive";

interface Held {
  readonly update: CompleteUpdate;
  /** Where its bytes were copied; undefined: they are the reassembler's. */
  readonly buffer: Uint8Array | undefined;
  dueAt: Micros;
}

/** More than this does not wait: it is handed out at once, with all before it. */
const MAX_HELD = 8;
const MAX_HELD_BYTES = 1 << 20;
const LEAST_BUFFER_BYTES = 1 << 14;

/**
 * Hands complete updates out evenly: holds one for up to 10 ms where packets take unevenly long, never beyond its
 * deadline, never out of order, and loses none. On a steady path it is not there.
 */
export class UpdateSmoother {
  readonly #isOn: boolean;
  readonly #meter = new PassageMeter();
  readonly #jitter = new JitterBuffer();
  readonly #held: Held[] = [];
  readonly #free: Uint8Array[] = [];
  /** Those of updates that were handed out. */
  readonly #lent: Uint8Array[] = [];
  #newestFrame = 0;
  #newestBeganAt: Micros = 0;
  /** The last fragment with a stamp. */
  #lastFrame = 0;
  #lastPassage: Micros = 0;
  #lastArrivedAt: Micros = 0;
  #rttSamples = 0;

  constructor(smoothing: Smoothing) {
    this.#isOn = smoothing === "adaptive";
  }

  /** Looks whether a round trip was measured. */
  noteRtt({ samples, latest, minimum }: RttEstimator): void {
    if (samples === this.#rttSamples) return;
    this.#rttSamples = samples;
    this.#jitter.roundTrip(latest, minimum);
  }

  /** A fragment of an update came in; `stamp`: when it left (see `writeSentStamp`), 0: it does not say. */
  fragmentArrived(frameId: number, stamp: number, arrivedAt: Micros): void {
    if (!this.#isOn) return;
    if (frameId > this.#newestFrame) {
      this.#newestFrame = frameId;
      this.#newestBeganAt = arrivedAt;
    }
    this.#lastFrame = 0;
    if (stamp === 0) return;
    this.#lastFrame = frameId;
    this.#lastPassage = this.#meter.passage(stamp, arrivedAt);
    this.#lastArrivedAt = arrivedAt;
    this.#jitter.packetArrived(this.#lastPassage, arrivedAt);
  }

  /** Takes the next complete update (borrowed; copied where it is held). Then poll. */
  push(update: CompleteUpdate, now: Micros): void {
    const dueAt = this.#isOn ? this.#dueAt(update, now) : now;
    const isTooMuch = this.#held.length >= MAX_HELD || update.bytes.length > MAX_HELD_BYTES;
    if (isTooMuch || (this.#isOn && this.#jitter.takeSkip())) {
      this.release();
      this.#held.push({ update, buffer: undefined, dueAt: now });
      return;
    }
    const heldUntil = Math.max(dueAt, this.#held.at(-1)?.dueAt ?? now);
    if (heldUntil <= now) {
      this.#held.push({ update, buffer: undefined, dueAt: now });
      return;
    }
    const buffer = this.#copy(update.bytes);
    const bytes = buffer.subarray(0, update.bytes.length);
    this.#held.push({ update: { ...update, bytes }, buffer, dueAt: heldUntil });
  }

  /** The next update that is due; its bytes are valid until `reclaim`, or as long as those that were given. */
  poll(now: Micros): CompleteUpdate | undefined {
    const first = this.#held[0];
    if (first === undefined || first.dueAt > now) return undefined;
    this.#held.shift();
    if (first.buffer !== undefined) this.#lent.push(first.buffer);
    return first.update;
  }

  /** When the next update is due; Infinity: none is held. */
  pollTimeout(): Micros {
    return this.#held[0]?.dueAt ?? Infinity;
  }

  /** Everything is due now. */
  release(): void {
    for (const held of this.#held) held.dueAt = -Infinity;
  }

  /** What was handed out is not borrowed any more. */
  reclaim(): void {
    for (let buffer = this.#lent.pop(); buffer !== undefined; buffer = this.#lent.pop())
      if (this.#free.length < MAX_HELD) this.#free.push(buffer);
  }

  #dueAt(update: CompleteUpdate, now: Micros): Micros {
    // One that was mended, or overtaken by the next, is late as it is.
    const isFresh = update.frameId === this.#lastFrame && update.frameId === this.#newestFrame;
    if (!isFresh || update.receivedAt !== now) return now;
    const heldUntil = this.#lastArrivedAt + this.#jitter.holdAfter(this.#lastPassage);
    return Math.min(heldUntil, this.#newestBeganAt + DEADLINE_MICROS);
  }

  #copy(bytes: Uint8Array): Uint8Array {
    const place = this.#free.findIndex((free) => free.length >= bytes.length);
    const buffer = place < 0 ? undefined : this.#free.splice(place, 1)[0];
    // Where all are too small, they give way one by one to larger ones.
    if (buffer === undefined) this.#free.shift();
    const copy = buffer ?? new Uint8Array(Math.max(LEAST_BUFFER_BYTES, 2 * bytes.length));
    copy.set(bytes);
    return copy;
  }
}
