import { fromHttp3Code, toHttp3Code } from "../http3/application-error.ts";
import { Http3Code } from "../http3/http3-error.ts";
import type { StreamPort } from "./stream-port.ts";

/** How one direction of a stream came to its end. */
export interface StreamEnd {
  /** "ended": whole; "reset": given up by its sender; "stopped": by its reader; "closed": the session ended. */
  readonly reason: "ended" | "reset" | "stopped" | "closed";
  /** What the side that gave up said, 0..2^32−1; 0 also where that did not come through. */
  readonly code: number;
}

/** Orders are urgencies of QUIC, the first of which belongs to HTTP/3 itself. */
export const MAX_ORDER = 254;
export const DEFAULT_ORDER = 127;

/** A stream to the peer. Bytes leave in the turn in which they are written, as far as the peer and the path let them. */
export class SendStream {
  /** QUIC's number of the stream. */
  readonly id: number;
  /** Settles once; never rejects. */
  readonly closed: Promise<StreamEnd>;
  readonly #port: StreamPort;
  readonly #maxBytes: number;
  readonly #waiting: Uint8Array[] = [];
  readonly #settle: (end: StreamEnd) => void;
  readonly #drained: (() => void)[] = [];
  #order: number = DEFAULT_ORDER;
  #bufferedBytes = 0;
  #endWritten = false;
  #end: StreamEnd | undefined;

  /** Made by sessions. */
  constructor(port: StreamPort, id: number, { maxBytes }: { maxBytes: number }) {
    this.#port = port;
    this.id = id;
    this.#maxBytes = maxBytes;
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.closed = promise;
    this.#settle = resolve;
  }

  /** Bytes that wait for the peer or the path. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Smaller ones leave first. */
  get order(): number {
    return this.#order;
  }

  /** Whether `write` can still take something. */
  get isOpen(): boolean {
    return this.#end === undefined && !this.#endWritten;
  }

  /**
   * Sends bytes (borrowed), all or none: false where the stream is over or `limits.sendBufferBytes` of them would wait.
   * Throws RangeError where they could never fit.
   */
  write(bytes: Uint8Array): boolean {
    return this.#write(bytes, false);
  }

  /** Sends last bytes, if any, and the end. False as for `write`: then it did not end. */
  end(bytes?: Uint8Array): boolean {
    return this.#write(bytes ?? NOTHING, true);
  }

  /** Gives up: what did not leave is thrown away, and the peer is told the code, 0..2^32−1. */
  reset(code = 0): void {
    const http3Code = toHttp3Code(code);
    if (this.#end !== undefined) return;
    this.#port.resetStream(this.id, http3Code);
    this.#port.flush();
    this.#finish({ reason: "reset", code });
  }

  /** Smaller ones leave first, 0..254; streams of one order leave one after another. Throws RangeError. */
  setOrder(order: number): void {
    if (!(Number.isInteger(order) && order >= 0 && order <= MAX_ORDER))
      throw new RangeError(`an order is a whole number from 0 to ${MAX_ORDER}`);
    this.#order = order;
    if (this.#end === undefined) this.#port.prioritize(this.id, order + 1);
  }

  /** Resolves when nothing waits any more, or the stream is over. */
  async drained(): Promise<void> {
    if (this.#bufferedBytes === 0 || this.#end !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained.push(resolve);
    await promise;
  }

  /** For the connection: there may be room again, or a reader that wants no more. */
  resume(): void {
    if (this.#end !== undefined) return;
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0]!;
      const isLast = this.#waiting.length === 1 && this.#endWritten;
      const taken = this.#push(first, isLast);
      if (taken === undefined) return;
      this.#bufferedBytes -= taken;
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        break;
      }
      this.#waiting.shift();
      if (isLast) this.#finish({ reason: "ended", code: 0 });
    }
    if (this.#waiting.length === 0 && !this.#endWritten) this.#lookForStop();
    if (this.#bufferedBytes === 0) for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** For the session: it is over, whatever waits. */
  closeWith(http3Code: number = Http3Code.sessionGone): void {
    if (this.#end !== undefined) return;
    this.#port.resetStream(this.id, http3Code);
    this.#finish({ reason: "closed", code: 0 });
  }

  #write(bytes: Uint8Array, isEnd: boolean): boolean {
    if (bytes.length > this.#maxBytes)
      throw new RangeError(`at most ${this.#maxBytes} bytes can be written at once`);
    if (!this.isOpen || this.#bufferedBytes + bytes.length > this.#maxBytes) return false;
    const taken = this.#waiting.length === 0 ? this.#push(bytes, isEnd) : 0;
    if (taken === undefined) return false;
    this.#endWritten = isEnd;
    const isWhole = this.#waiting.length === 0 && taken === bytes.length;
    // An end without bytes is taken or not: quiche gives 0 either way, but holds it for us.
    if (!isWhole) {
      this.#waiting.push(bytes.slice(taken));
      this.#bufferedBytes += bytes.length - taken;
    } else if (isEnd) this.#finish({ reason: "ended", code: 0 });
    this.#port.flush();
    return true;
  }

  #lookForStop(): void {
    const http3Code = this.#port.stoppedWith(this.id);
    if (http3Code !== undefined) this.#stop(http3Code);
  }

  /** Gives how many bytes were taken; undefined where the stream turned out to be over. */
  #push(bytes: Uint8Array, isEnd: boolean): number | undefined {
    const taken = this.#port.writeStream(this.id, bytes, isEnd);
    if (typeof taken === "number") return taken;
    this.#stop(taken.stopped);
    return undefined;
  }

  #stop(http3Code: number): void {
    this.#finish({ reason: "stopped", code: fromHttp3Code(http3Code) ?? 0 });
  }

  #finish(end: StreamEnd): void {
    this.#end = end;
    this.#waiting.length = 0;
    this.#bufferedBytes = 0;
    for (const resolve of this.#drained.splice(0)) resolve();
    this.#settle(end);
  }
}

const NOTHING = new Uint8Array(0);
