import { setTimeout } from "node:timers/promises";
import type { WebCertificate } from "./certificate/web-certificate.ts";
import { type Counters, newCounters } from "./counters.ts";
import { Http3Connection } from "./http3/http3-connection.ts";
import { Http3Code } from "./http3/http3-error.ts";
import { type Limits, toLimits } from "./limits.ts";
import { loadNative } from "./quic/binding.ts";
import { QuicEndpoint } from "./quic/endpoint.ts";
import type { WebTransportSession } from "./session.ts";

export interface ListenOptions {
  /** A numeric address; default "::", which is IPv4, too. */
  readonly address?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  readonly certificate: WebCertificate;
  /** Where sessions are opened; default "/wavry". A query may follow it. */
  readonly path?: string;
  /** Whether pages of this origin may open sessions; empty where the client named none, as browsers always do. */
  allowOrigin(origin: string): boolean;
  /** A session was opened. Its listeners are to be set before this returns. */
  onSession(session: WebTransportSession): void;
  readonly limits?: Partial<Limits>;
}

const SWEEP_MILLIS = 1000;
/** How long peers have to hear that their session ended, before the connection does. */
const FAREWELL_MILLIS = 500;

/** An HTTP/3 server whose only resource is WebTransport. It runs in the thread that opened it, on its event loop alone. */
export class WebTransportServer implements AsyncDisposable {
  /** Each only grows. */
  readonly counters: Readonly<Counters>;
  readonly #limits: Limits;
  readonly #endpoint: QuicEndpoint;
  readonly #http: Map<object, Http3Connection>;
  readonly #sweeper: NodeJS.Timeout;
  #keptAliveAt: number = performance.now();
  #closing: Promise<void> | undefined;

  private constructor(init: {
    endpoint: QuicEndpoint;
    http: Map<object, Http3Connection>;
    limits: Limits;
  }) {
    this.#endpoint = init.endpoint;
    this.#http = init.http;
    this.#limits = init.limits;
    this.counters = init.endpoint.counters;
    this.#sweeper = setInterval(() => this.#sweep(), sweepMillis(init.limits));
  }

  /** Opens the port. Rejects with WebTransportError, or RangeError on the limits. */
  static async listen(options: ListenOptions): Promise<WebTransportServer> {
    const { address = "::", port = 0, certificate, path = "/wavry" } = options;
    const limits = toLimits(options.limits);
    const counters = newCounters();
    const http = new Map<object, Http3Connection>();
    const policy = {
      path,
      allowOrigin: (origin: string) => options.allowOrigin(origin),
      onSession: (session: WebTransportSession) => options.onSession(session),
    };
    const endpoint = await QuicEndpoint.open({
      ...{ address, port, certificate, limits, counters, native: loadNative() },
      onConnection: (quic) => {
        const connection = new Http3Connection({ quic, limits, counters, policy });
        quic.listener = connection;
        http.set(quic, connection);
      },
    });
    return new WebTransportServer({ endpoint, http, limits });
  }

  /** Where it listens. */
  get address(): { readonly address: string; readonly port: number } {
    return this.#endpoint.address;
  }

  /** How many sessions are open. */
  get sessions(): number {
    let count = 0;
    for (const connection of this.#http.values()) count += connection.sessions;
    return count;
  }

  /**
   * Greets new connections with another certificate; sessions that are open go on. Throws WebTransportError
   * "bad-certificate"; then the one before stays.
   */
  rotateCertificate(certificate: WebCertificate): void {
    this.#endpoint.rotateCertificate(certificate);
  }

  /** Ends all sessions with code 0, tells the peers, for which it waits half a second at most, and frees the port. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#endpoint.refuse();
    const all = [...this.#http.values()];
    for (const connection of all) connection.close();
    const deadline = performance.now() + FAREWELL_MILLIS;
    while (all.some((connection) => !connection.isQuiet) && performance.now() < deadline)
      await setTimeout(5);
    for (const { quic } of all) quic.close(Http3Code.noError, "");
    this.#http.clear();
    await this.#endpoint.close();
  }

  /** Keeps sessions alive, and gives up connections that have none. */
  #sweep(): void {
    const now = performance.now();
    const keepsAlive = now - this.#keptAliveAt >= this.#limits.keepAliveMillis;
    if (keepsAlive) this.#keptAliveAt = now;
    for (const [quic, connection] of this.#http) {
      if (connection.quic.isOver) this.#http.delete(quic);
      else if (connection.sessions > 0) {
        connection.sweep();
        if (keepsAlive) connection.quic.keepAlive();
      } else if (now - connection.idleSince > this.#limits.handshakeMillis)
        connection.quic.close(Http3Code.noError, "no session");
    }
  }
}

function sweepMillis({ keepAliveMillis, handshakeMillis }: Limits): number {
  return Math.max(10, Math.min(SWEEP_MILLIS, keepAliveMillis / 2, handshakeMillis / 2));
}
