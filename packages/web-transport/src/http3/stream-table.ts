import type { QuicPort } from "../quic/quic-connection.ts";
import type { BidiStream } from "../streams/bidi-stream.ts";
import { ReceiveStream } from "../streams/receive-stream.ts";
import { DEFAULT_ORDER, SendStream } from "../streams/send-stream.ts";
import { READ_BYTES, type StreamSink } from "../streams/stream-port.ts";

/** What the decoder stream may hold for a peer that does not read it. */
const OWN_BUFFER_BYTES = 1 << 16;

/** The streams of a connection: who takes what comes in on each, and who writes to each. */
export class StreamTable {
  readonly #quic: QuicPort;
  readonly #sendBufferBytes: number;
  readonly #sinks = new Map<number, StreamSink>();
  readonly #senders = new Map<number, SendStream>();
  /** Those of HTTP/3 itself, which hardly say anything. */
  readonly #quiet = new Set<number>();
  #nextUni = 3;
  #nextBidi = 1;

  constructor(quic: QuicPort, { sendBufferBytes }: { sendBufferBytes: number }) {
    this.#quic = quic;
    this.#sendBufferBytes = sendBufferBytes;
  }

  get sinks(): Iterable<StreamSink> {
    return this.#sinks.values();
  }

  /** Whether somebody takes what comes in on the stream. */
  has(id: number): boolean {
    return this.#sinks.has(id);
  }

  setSink(id: number, sink: StreamSink): void {
    this.#sinks.set(id, sink);
  }

  deleteSink(id: number): void {
    this.#sinks.delete(id);
  }

  /**
   * Reads a stream as long as there is something and somebody who wants it; `begin` says who takes one that nobody
   * takes yet.
   */
  read(id: number, begin: (id: number) => StreamSink | undefined): void {
    let sink = this.#sinks.get(id);
    let isNew = sink === undefined;
    if (sink === undefined) {
      sink = begin(id);
      if (sink !== undefined) this.#sinks.set(id, sink);
    }
    while (sink !== undefined && !sink.isPaused && !this.#quic.isOver) {
      const length = Math.min(sink.wantedBytes, READ_BYTES);
      const { kind, bytes, isEnd, code } = this.#quic.readStream(id, scratch.subarray(0, length));
      if (kind === "nothing") {
        // A stream that was stopped is none that begins.
        if (isNew) this.#sinks.delete(id);
        return;
      }
      if (kind === "reset") {
        this.#sinks.delete(id);
        sink.onReset(code);
        return;
      }
      if (bytes > 0) sink.onBytes(scratch.subarray(0, bytes));
      // The bytes may have made another of it, or ended it.
      sink = this.#sinks.get(id);
      isNew = false;
      if (!isEnd) continue;
      this.#sinks.delete(id);
      sink?.onEnd();
      return;
    }
  }

  /** Opens a stream to the peer that begins with these bytes; undefined where it allows none. */
  openUni(head: Uint8Array, order: number | undefined): SendStream | undefined {
    if (this.#quic.streamsLeft("uni") === 0) return undefined;
    const id = this.#nextUni;
    this.#nextUni += 4;
    return this.#open(id, head, order);
  }

  /** The same in both directions. */
  openBidi(head: Uint8Array, order: number | undefined): BidiStream | undefined {
    if (this.#quic.streamsLeft("bidi") === 0) return undefined;
    const id = this.#nextBidi;
    this.#nextBidi += 4;
    return { writable: this.#open(id, head, order), readable: this.receiver(id) };
  }

  /** Opens a stream of HTTP/3 itself. */
  openOwn(head: Uint8Array): SendStream | undefined {
    if (this.#quic.streamsLeft("uni") === 0) return undefined;
    const id = this.#nextUni;
    this.#nextUni += 4;
    const sender = this.sender(id, OWN_BUFFER_BYTES);
    this.setQuiet(id);
    sender.write(head);
    this.#quic.prioritize(id, 0);
    return sender;
  }

  /** Whether its reader still reads is looked at by `sweep` alone. */
  setQuiet(id: number): void {
    this.#quiet.add(id);
  }

  /** Who writes to a stream. */
  sender(id: number, maxBytes: number = this.#sendBufferBytes): SendStream {
    const sender = new SendStream(this.#quic, id, { maxBytes });
    this.#senders.set(id, sender);
    void sender.closed.then(() => {
      this.#senders.delete(id);
      this.#quiet.delete(id);
    });
    return sender;
  }

  /** Takes what comes in on a stream of a session. */
  receiver(id: number): ReceiveStream {
    const receiver = new ReceiveStream(this.#quic, id, () => this.#quic.wake());
    this.#sinks.set(id, receiver);
    void receiver.closed.then(() => this.#sinks.delete(id));
    return receiver;
  }

  /** Something came in: writers may have room again, or readers that want no more. */
  resume(): void {
    const senders = [...this.#senders.values()].filter(
      (sender) => sender.bufferedBytes > 0 || !this.#quiet.has(sender.id),
    );
    // quiche takes no more than the congestion window has room for: what waits here has to keep the order, too.
    senders.sort((a, b) => a.order - b.order || a.id - b.id);
    for (const sender of senders) sender.resume();
  }

  /** What is to be done from time to time. */
  sweep(): void {
    for (const sender of [...this.#senders.values()]) sender.resume();
  }

  /** The connection is over. */
  close(): void {
    for (const sender of [...this.#senders.values()]) sender.closeWith();
    this.#sinks.clear();
  }

  #open(id: number, head: Uint8Array, order: number = DEFAULT_ORDER): SendStream {
    const sender = this.sender(id);
    // The first write opens the stream, whose order can only then be said.
    sender.write(head);
    sender.setOrder(order);
    return sender;
  }
}

/** Bytes are read into it and handed on in the same turn: one serves all connections of a thread. */
const scratch = new Uint8Array(READ_BYTES);
