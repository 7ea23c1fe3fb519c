import { ADDRESS_WORDS, FORWARDER_COUNTERS, type RouteBounds } from "@wavry/relay";
import { PUMP_FIGURES, PumpFigure } from "@wavry/rift-udp/shared";

/** What a forwarding thread is started with. */
export interface ThreadWork {
  /** Of `SharedSockets`; closed by its owner when the thread has ended. */
  readonly descriptor: number;
  readonly bounds: RouteBounds;
  readonly routes: SharedArrayBuffer;
  /** See `ThreadFigures`. */
  readonly figures: SharedArrayBuffer;
}

/** Doubles of a thread: the forwarder's counters, then the pump's figures; behind them two words of 32 bits. */
const PUMP_AT: number = FORWARDER_COUNTERS.length;
const DOUBLES: number = PUMP_AT + PUMP_FIGURES;
const WAITING = 0;
const STOP = 1;

/** What a forwarding thread and the thread of the table tell each other without waking each other. */
export class ThreadFigures {
  readonly memory: SharedArrayBuffer;
  /** In the order of `FORWARDER_COUNTERS`. */
  readonly counters: Float64Array;
  readonly pump: Float64Array;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(DOUBLES * 8 + 8)) {
    this.memory = memory;
    this.counters = new Float64Array(memory, 0, FORWARDER_COUNTERS.length);
    this.pump = new Float64Array(memory, PUMP_AT * 8, PUMP_FIGURES);
    this.#words = new Int32Array(memory, DOUBLES * 8);
  }

  get sendErrors(): number {
    return this.pump[PumpFigure.sendErrors]!;
  }

  /** How long the thread has waited for something to come until `now`. */
  waitedMicros(now: number): number {
    const since = this.pump[PumpFigure.waitsSince]!;
    return this.pump[PumpFigure.waitedMicros]! + (since > 0 ? Math.max(0, now - since) : 0);
  }

  /** Bytes that were handed over and not looked at. */
  get waitingBytes(): number {
    return Atomics.load(this.#words, WAITING);
  }

  /** More of them, or fewer. */
  addWaiting(bytes: number): void {
    Atomics.add(this.#words, WAITING, bytes);
  }

  /** The thread is to end; it has to be woken up, too. */
  get isStopped(): boolean {
    return Atomics.load(this.#words, STOP) !== 0;
  }

  stop(): void {
    Atomics.store(this.#words, STOP, 1);
  }
}

/** A parcel is one behind the other: address (28 bytes), length (32 bits), the datagram, padding to four bytes. */
const HEAD_WORDS: number = ADDRESS_WORDS + 1;
export const PARCEL_HEAD_BYTES: number = HEAD_WORDS * 4;

/** Bytes that a datagram takes in a parcel. */
export function parcelBytes(length: number): number {
  return PARCEL_HEAD_BYTES + ((length + 3) & ~3);
}

/** Reads a parcel; what it calls back with is borrowed until it returns. */
export function readParcel(
  parcel: ArrayBuffer,
  onDatagram: (datagram: Uint8Array, address: Uint32Array) => void,
): void {
  const words = new Uint32Array(parcel);
  for (let at = 0; at < words.length; ) {
    const length = words[at + ADDRESS_WORDS]!;
    const bytes = new Uint8Array(parcel, (at + HEAD_WORDS) * 4, length);
    onDatagram(bytes, words.subarray(at, at + ADDRESS_WORDS));
    at += parcelBytes(length) / 4;
  }
}
