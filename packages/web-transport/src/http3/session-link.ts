import type { QuicPort } from "../quic/quic-connection.ts";
import type { SessionClosed, SessionLink, SessionStats } from "../session.ts";
import { WebTransportSession } from "../session.ts";
import type { BidiStream } from "../streams/bidi-stream.ts";
import type { ReceiveStream } from "../streams/receive-stream.ts";
import type { SendStream } from "../streams/send-stream.ts";
import { encodeCloseCapsule } from "./capsule.ts";
import { encodeFrame } from "./frame-reader.ts";
import { FrameType, StreamType } from "./stream-type.ts";
import { varintBytes, varintsThen, writeVarint } from "./varint.ts";

/** No datagram is longer, whatever the peer allows: packets are not. */
const MAX_DATAGRAM_BYTES = 1500;

/** What a session's link needs of HTTP/3. */
export interface SessionCarrier {
  readonly quic: QuicPort;
  /** Opens a stream that begins with these bytes; undefined where the peer allows none. */
  openUni(head: Uint8Array, order: number | undefined): SendStream | undefined;
  openBidi(head: Uint8Array, order: number | undefined): BidiStream | undefined;
  countDatagram(isSent: boolean): void;
  onSessionOver(link: WebTransportLink): void;
}

/** The server's side of one session. */
export class WebTransportLink implements SessionLink {
  readonly origin: string;
  readonly path: string;
  readonly closed: Promise<SessionClosed>;
  readonly session: WebTransportSession;
  /** The number of its CONNECT stream, which is that of the session. */
  readonly id: number;
  readonly #carrier: SessionCarrier;
  readonly #connect: SendStream;
  readonly #settle: (end: SessionClosed) => void;
  readonly #sending = new Set<SendStream>();
  readonly #receiving = new Set<ReceiveStream>();
  readonly #datagram: Uint8Array;
  readonly #headBytes: number;
  #isOver = false;

  constructor(init: {
    carrier: SessionCarrier;
    /** The answering side of the CONNECT stream. */
    connect: SendStream;
    origin: string;
    path: string;
  }) {
    this.#carrier = init.carrier;
    this.#connect = init.connect;
    this.id = init.connect.id;
    this.origin = init.origin;
    this.path = init.path;
    // RFC 9297 §2.1: a quarter of the stream's number, then the payload.
    this.#headBytes = varintBytes(this.id / 4);
    this.#datagram = new Uint8Array(MAX_DATAGRAM_BYTES);
    writeVarint(this.#datagram, 0, this.id / 4);
    const { promise, resolve } = Promise.withResolvers<SessionClosed>();
    this.closed = promise;
    this.#settle = resolve;
    this.session = new WebTransportSession(this);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get remote(): { readonly address: string; readonly port: number } {
    const { host, port } = this.#carrier.quic.remote;
    return { address: host.replace(/^::ffff:(?=\d+\.)/, ""), port };
  }

  get maxDatagramBytes(): number {
    if (this.#isOver) return 0;
    return Math.max(0, this.#carrier.quic.datagramRoom - this.#headBytes);
  }

  sendDatagram(bytes: Uint8Array): boolean {
    const framed = this.#frame(bytes);
    const isSent = framed !== undefined && this.#carrier.quic.sendDatagram(framed);
    this.#carrier.countDatagram(isSent);
    return isSent;
  }

  sendDatagramNow(bytes: Uint8Array): boolean {
    const framed = this.#frame(bytes);
    if (framed === undefined || !this.#carrier.quic.sendDatagramNow(framed)) return false;
    this.#carrier.countDatagram(true);
    return true;
  }

  openUni(order: number | undefined): SendStream | undefined {
    if (this.#isOver) return undefined;
    const head = varintsThen([StreamType.webTransport, this.id]);
    const stream = this.#carrier.openUni(head, order);
    if (stream !== undefined) this.#keep(this.#sending, stream);
    return stream;
  }

  openBidi(order: number | undefined): BidiStream | undefined {
    if (this.#isOver) return undefined;
    const head = varintsThen([FrameType.webTransportStream, this.id]);
    const stream = this.#carrier.openBidi(head, order);
    if (stream === undefined) return undefined;
    this.#keep(this.#sending, stream.writable);
    this.#keep(this.#receiving, stream.readable);
    return stream;
  }

  /** Takes a stream that the peer opened; false where nobody wants it. */
  accept(readable: ReceiveStream, writable: SendStream | undefined): boolean {
    const { onUni, onBidi } = this.session;
    if (writable === undefined ? onUni === undefined : onBidi === undefined) return false;
    this.#keep(this.#receiving, readable);
    if (writable === undefined) onUni?.(readable);
    else {
      this.#keep(this.#sending, writable);
      onBidi?.({ readable, writable });
    }
    return true;
  }

  close(code: number, reason: string): void {
    const capsule = encodeCloseCapsule(code, reason);
    if (this.#isOver) return;
    this.#connect.end(encodeFrame(FrameType.data, capsule));
    this.over({ code, reason, by: "local" });
  }

  /** The session ended, whoever did it. */
  over(end: SessionClosed): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (end.by === "peer") this.#connect.end();
    else if (end.by === "lost") this.#connect.closeWith();
    for (const stream of [...this.#sending]) stream.closeWith();
    for (const stream of [...this.#receiving]) stream.closeWith();
    this.#carrier.quic.flush();
    this.#carrier.onSessionOver(this);
    this.#settle(end);
  }

  stats(): SessionStats {
    const { quic } = this.#carrier;
    return { ...quic.stats(), queuedDatagrams: quic.queuedDatagrams };
  }

  #keep<T extends { readonly closed: Promise<unknown> }>(streams: Set<T>, stream: T): void {
    streams.add(stream);
    void stream.closed.then(() => streams.delete(stream));
  }

  /** The datagram with the session's number before it, borrowed until the next call; undefined: too long, or over. */
  #frame(bytes: Uint8Array): Uint8Array | undefined {
    const length = this.#headBytes + bytes.length;
    if (this.#isOver || length > this.#datagram.length) return undefined;
    this.#datagram.set(bytes, this.#headBytes);
    return this.#datagram.subarray(0, length);
  }
}
