import type { BidiStream } from "./streams/bidi-stream.ts";
import type { ReceiveStream } from "./streams/receive-stream.ts";
import type { SendStream } from "./streams/send-stream.ts";

/** How a session ended. */
export interface SessionClosed {
  /** What the side that closed it said, 0..2^32−1; 0 where nobody said anything. */
  readonly code: number;
  readonly reason: string;
  /** "lost": the connection broke, or the peer gave it up without a word. */
  readonly by: "local" | "peer" | "lost";
}

export interface OpenStreamOptions {
  /** Streams with a smaller one leave first, 0..254 (default 127); those of one order leave one after another. */
  readonly order?: number;
}

/** What a session needs of its connection. */
export interface SessionLink {
  readonly origin: string;
  readonly path: string;
  readonly remote: { readonly address: string; readonly port: number };
  readonly maxDatagramBytes: number;
  readonly closed: Promise<SessionClosed>;
  sendDatagram(bytes: Uint8Array): boolean;
  sendDatagramNow(bytes: Uint8Array): boolean;
  openUni(order: number | undefined): SendStream | undefined;
  openBidi(order: number | undefined): BidiStream | undefined;
  close(code: number, reason: string): void;
  stats(): SessionStats;
}

/** Of the connection that carries the session. */
export interface SessionStats {
  readonly rttMillis: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  /** How many bytes may be on their way. */
  readonly windowBytes: number;
  /** Datagrams that wait to leave. */
  readonly queuedDatagrams: number;
}

/** One WebTransport session of a page. */
export class WebTransportSession implements Disposable {
  /** The page's origin, such as `https://wavry.example`; empty where the client named none. */
  readonly origin: string;
  /** With its query. */
  readonly path: string;
  /** Settles once; never rejects. */
  readonly closed: Promise<SessionClosed>;
  /** Borrowed until it returns. Datagrams that come in while nobody listens are dropped. */
  onDatagram: ((bytes: Uint8Array) => void) | undefined;
  /** To be set before `onSession` returns; without it the peer's streams are refused. */
  onUni: ((stream: ReceiveStream) => void) | undefined;
  onBidi: ((stream: BidiStream) => void) | undefined;
  readonly #link: SessionLink;

  /** Made by the server. */
  constructor(link: SessionLink) {
    this.#link = link;
    this.origin = link.origin;
    this.path = link.path;
    this.closed = link.closed;
  }

  /** Where the peer is now; changes when it changes networks. */
  get remote(): { readonly address: string; readonly port: number } {
    return this.#link.remote;
  }

  /** The longest datagram that fits now: over 1200 but for peers that allow less; 0 once it is closed. */
  get maxDatagramBytes(): number {
    return this.#link.maxDatagramBytes;
  }

  /** Sends bytes (borrowed) in this turn. False: no room, too long or closed; they are dropped. */
  sendDatagram(bytes: Uint8Array): boolean {
    return this.#link.sendDatagram(bytes);
  }

  /**
   * Sends bytes (borrowed) in this turn, or not at all: false also where they would have to wait for the congestion window.
   * For who has another way to send them.
   */
  sendDatagramNow(bytes: Uint8Array): boolean {
    return this.#link.sendDatagramNow(bytes);
  }

  /** Opens a stream to the peer; undefined where it allows no further one now. Throws RangeError on the order. */
  openUni(options?: OpenStreamOptions): SendStream | undefined {
    return this.#link.openUni(options?.order);
  }

  /** Opens a stream in both directions; undefined where the peer allows no further one now. */
  openBidi(options?: OpenStreamOptions): BidiStream | undefined {
    return this.#link.openBidi(options?.order);
  }

  /** Ends it and its streams. The peer is told the code (0..2^32−1) and the reason, of which 1024 bytes are kept. */
  close(code = 0, reason = ""): void {
    this.#link.close(code, reason);
  }

  stats(): SessionStats {
    return this.#link.stats();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
