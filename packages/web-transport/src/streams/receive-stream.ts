import { fromHttp3Code, toHttp3Code } from "../http3/application-error.ts";
import { Http3Code } from "../http3/http3-error.ts";
import type { StreamEnd } from "./send-stream.ts";
import { READ_BYTES, type StreamPort, type StreamSink } from "./stream-port.ts";

/** A stream from the peer. Nothing is read before somebody listens: the peer waits, as its window is full. */
export class ReceiveStream implements StreamSink {
  /** QUIC's number of the stream. */
  readonly id: number;
  /** Settles once; never rejects. */
  readonly closed: Promise<StreamEnd>;
  readonly #port: StreamPort;
  readonly #onResume: () => void;
  readonly #settle: (end: StreamEnd) => void;
  #onData: ((bytes: Uint8Array) => void) | undefined;
  #paused = false;
  #end: StreamEnd | undefined;

  /** Made by sessions. */
  constructor(port: StreamPort, id: number, onResume: () => void) {
    this.#port = port;
    this.id = id;
    this.#onResume = onResume;
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.closed = promise;
    this.#settle = resolve;
  }

  /** Takes the bytes (borrowed, not empty) in order; setting it begins the reading. */
  get onData(): ((bytes: Uint8Array) => void) | undefined {
    return this.#onData;
  }

  set onData(listener: ((bytes: Uint8Array) => void) | undefined) {
    this.#onData = listener;
    if (!this.isPaused) this.#onResume();
  }

  /** Reads no more: after the window's bytes the peer has to wait. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (!this.isPaused) this.#onResume();
  }

  /** Asks the peer to stop; it is told the code, 0..2^32−1. Nothing comes in any more. */
  stop(code = 0): void {
    const http3Code = toHttp3Code(code);
    if (this.#end !== undefined) return;
    this.#port.stopStream(this.id, http3Code);
    this.#port.flush();
    this.#finish({ reason: "stopped", code });
  }

  /** Copies of the bytes in order, with the peer waiting while they are not taken; ends also where the stream is given up. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const chunks: Uint8Array[] = [];
    let wake: (() => void) | undefined;
    void this.closed.then(() => wake?.());
    this.onData = (bytes) => {
      chunks.push(bytes.slice());
      this.pause();
      wake?.();
    };
    try {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk !== undefined) {
          yield chunk;
          continue;
        }
        if (this.#end !== undefined) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        this.resume();
        await promise;
      }
    } finally {
      this.stop();
    }
  }

  get isPaused(): boolean {
    return this.#paused || this.#onData === undefined;
  }

  get wantedBytes(): number {
    return READ_BYTES;
  }

  /** For the connection. */
  onBytes(bytes: Uint8Array): void {
    if (this.#end === undefined) this.#onData?.(bytes);
  }

  /** For the connection. */
  onEnd(): void {
    this.#finish({ reason: "ended", code: 0 });
  }

  /** For the connection. */
  onReset(http3Code: number): void {
    this.#finish({ reason: "reset", code: fromHttp3Code(http3Code) ?? 0 });
  }

  /** For the session: it is over. */
  closeWith(http3Code: number = Http3Code.sessionGone): void {
    if (this.#end !== undefined) return;
    this.#port.stopStream(this.id, http3Code);
    this.#finish({ reason: "closed", code: 0 });
  }

  #finish(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#settle(end);
  }
}
