import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import type { Duplex } from "node:stream";
import type { Address } from "@wavry/relay";
import { type WebSocket, WebSocketServer } from "ws";
import { relayMicros } from "../clock.ts";
import type { RelayDoor } from "../relay-socket.ts";
import { answerRequest, RELAY_PATH } from "./answer-request.ts";
import { Arrivals } from "./arrivals.ts";
import type { TlsCertificate } from "./certificate-files.ts";
import { TLS_PREFIX, tlsAddress } from "./tls-address.ts";
import { TLS_BOUNDS, type TlsBounds } from "./tls-bounds.ts";
import { TlsConnection } from "./tls-connection.ts";
import { newTlsCounters, type TlsCounters } from "./tls-counters.ts";
import { TlsError } from "./tls-error.ts";

/** Where WebSocket over TLS is expected. */
export const DEFAULT_TLS_PORT = 443;

/** How a TLS door is opened. */
export interface TlsDoorOptions {
  readonly certificate: TlsCertificate;
  /** Default: all. */
  readonly address?: string | undefined;
  /** TCP; default 443; 0: any free one. */
  readonly port?: number | undefined;
  /** Default: `TLS_BOUNDS`. */
  readonly bounds?: Partial<TlsBounds> | undefined;
}

/** What a TLS door does at the moment. */
export interface TlsStatus {
  readonly connections: number;
  /** Of these, with a side that the relay admitted. */
  readonly admitted: number;
  /** ms since 1970. */
  readonly certificateExpiresAtMillis: number;
  readonly counters: Readonly<TlsCounters>;
}

const TICK_MS = 1_000;
/** How often a connection that sent too much is looked at. */
const READ_ON_MS = 100;
/** The largest datagram of a relay (spec/relay.md §2). */
const MAX_MESSAGE_BYTES = 1_204;
/** A datagram has no reason to come in pieces. */
const MAX_FRAGMENTS = 4;
const MAX_HEAD_BYTES = 8_192;
/** How long the other side has to agree to an end. */
const CLOSE_TIMEOUT_MS = 1_000;

/** The relay's door for networks that let no UDP through: WebSocket over TLS, one binary message a datagram. It logs nothing. */
export class TlsDoor implements RelayDoor, AsyncDisposable {
  readonly prefix: string = TLS_PREFIX;
  /** In front of the other one: who is refused costs no TLS. */
  readonly #listener: TcpServer;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #bounds: TlsBounds;
  readonly #counters = newTlsCounters();
  readonly #arrivals: Arrivals;
  /** In the order of their arrival. */
  readonly #connections = new Map<string, TlsConnection>();
  /** By both ends of the TCP connection: how the TLS socket of a request is found in what came first. */
  readonly #byEnds = new Map<string, TlsConnection>();
  readonly #paused = new Set<TlsConnection>();
  readonly #timers: readonly NodeJS.Timeout[];
  #onDatagram: ((datagram: Uint8Array, from: Address) => void) | undefined;
  #expiresAtMillis: number;
  #arrived = 0;
  #isClosed = false;

  private constructor({ certificate, bounds }: TlsDoorOptions) {
    this.#bounds = { ...TLS_BOUNDS, ...bounds };
    this.#arrivals = new Arrivals(this.#bounds, this.#counters, relayMicros());
    this.#expiresAtMillis = certificate.expiresAtMillis;
    const { handshakeMillis } = this.#bounds;
    this.#server = createServer({
      ...{ cert: certificate.cert, key: certificate.key, ALPNProtocols: ["http/1.1"] },
      ...{ maxHeaderSize: MAX_HEAD_BYTES, handshakeTimeout: handshakeMillis },
    });
    this.#sockets = new WebSocketServer({
      ...{ noServer: true, clientTracking: false, perMessageDeflate: false, autoPong: false },
      ...{ maxPayload: MAX_MESSAGE_BYTES, maxFragments: MAX_FRAGMENTS },
      ...{ closeTimeout: CLOSE_TIMEOUT_MS, skipUTF8Validation: true },
    });
    this.#listener = createTcpServer({ noDelay: true }, (raw) => this.#arrive(raw));
    this.#server.on("tlsClientError", () => this.#counters.tlsErrors++);
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#counters.requests++;
      answerRequest(request, response);
    });
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket as Socket, head),
    );
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#readOn(), READ_ON_MS),
    ];
  }

  /** Takes connections from now on. Rejects with TlsError "cannot-listen". */
  static async open(options: TlsDoorOptions): Promise<TlsDoor> {
    const { address, port = DEFAULT_TLS_PORT } = options;
    const door = new TlsDoor(options);
    try {
      const server = door.#listener;
      server.listen({ ...(address !== undefined && { host: address }), port });
      // Rejects where the error comes first.
      await once(server, "listening");
      server.on("error", () => undefined);
    } catch (cause) {
      await door[Symbol.asyncDispose]();
      throw cannotListen(port, cause);
    }
    return door;
  }

  /** Where it listens. */
  get address(): Address {
    const { address, port } = this.#listener.address() as AddressInfo;
    return { address, port };
  }

  get status(): TlsStatus {
    let admitted = 0;
    for (const { isStranger } of this.#connections.values()) if (!isStranger) admitted++;
    return {
      connections: this.#connections.size,
      admitted,
      certificateExpiresAtMillis: this.#expiresAtMillis,
      counters: this.#counters,
    };
  }

  /** Once. Bytes are lent until the callback returns, and may be written to; `from` is that connection's for good. */
  listen(onDatagram: (datagram: Uint8Array, from: Address) => void): void {
    this.#onDatagram = onDatagram;
  }

  /** Sends `bytes[0, length)` (copied), or drops it where the connection is slow or gone. Never throws. */
  send(bytes: Uint8Array, length: number, address: string): void {
    const connection = this.#connections.get(address);
    if (connection === undefined) this.#counters.dropped++;
    else connection.send(bytes, length, relayMicros());
  }

  /** Shows this certificate to whom comes from now on. Throws what OpenSSL says against it. */
  renew({ cert, key, expiresAtMillis }: TlsCertificate): void {
    this.#server.setSecureContext({ cert, key });
    this.#expiresAtMillis = expiresAtMillis;
  }

  /** Ends all connections, after what waits for them, if that leaves soon. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    const closed = this.#listener.listening ? once(this.#listener, "close") : undefined;
    this.#listener.close();
    for (const connection of this.#connections.values()) connection.close();
    const late = setTimeout(() => {
      for (const connection of this.#connections.values()) connection.destroy();
    }, CLOSE_TIMEOUT_MS);
    await closed;
    clearTimeout(late);
    for (const connection of this.#connections.values()) connection.destroy();
  }

  #arrive(raw: Socket): void {
    const { remoteAddress, remotePort } = raw;
    const now = relayMicros();
    const leave =
      remoteAddress === undefined || remotePort === undefined || this.#isClosed
        ? undefined
        : this.#arrivals.take(remoteAddress, now);
    raw.on("error", () => undefined);
    if (leave === undefined) {
      raw.resetAndDestroy();
      return;
    }
    const ip = remoteAddress!.replace(/^::ffff:(?=\d+\.)/, "");
    const address = tlsAddress(++this.#arrived, { address: ip, port: remotePort! });
    const connection = new TlsConnection({
      ...{ raw, address, now, bounds: this.#bounds, counters: this.#counters },
      onDatagram: (datagram, from) => this.#onDatagram?.(datagram, from),
      onPaused: (paused) => this.#paused.add(paused),
    });
    const ends = endsOf(raw);
    this.#makeRoom();
    this.#connections.set(address.address, connection);
    this.#byEnds.set(ends, connection);
    raw.once("close", () => {
      leave();
      this.#connections.delete(address.address);
      this.#paused.delete(connection);
      if (this.#byEnds.get(ends) === connection) this.#byEnds.delete(ends);
    });
    this.#server.emit("connection", raw);
  }

  /** Where too many are strangers, the one that came first has had its time. */
  #makeRoom(): void {
    let strangers = 0;
    let first: TlsConnection | undefined;
    for (const connection of this.#connections.values()) {
      if (!connection.isStranger || connection.isOver) continue;
      strangers++;
      first ??= connection;
    }
    if (strangers >= this.#bounds.strangers) first?.cut("cutPushedOut");
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on("error", () => undefined);
    const connection = this.#byEnds.get(endsOf(socket));
    if (connection === undefined || this.#isClosed) {
      socket.destroy();
      return;
    }
    if (request.url !== RELAY_PATH) {
      this.#counters.requests++;
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (opened: WebSocket) =>
      connection.open(opened),
    );
  }

  #readOn(): void {
    if (this.#paused.size === 0) return;
    const now = relayMicros();
    for (const connection of this.#paused)
      if (connection.readOn(now)) this.#paused.delete(connection);
  }

  #tick(): void {
    const now = relayMicros();
    for (const connection of this.#connections.values()) {
      const why = connection.check(now);
      if (why !== undefined) connection.cut(why);
    }
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function cannotListen(port: number, cause: unknown): TlsError {
  const { code } = cause as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EADDRINUSE: "it is taken by another program; end it or choose another port with --tls-listen",
    EACCES:
      "not permitted; give the program CAP_NET_BIND_SERVICE, or choose a port from 1024 on with --tls-listen",
    EADDRNOTAVAIL: "this machine has no such address",
  };
  return new TlsError(
    "cannot-listen",
    `cannot listen on TCP port ${port} for TLS: ${reasons[code ?? ""] ?? String(code ?? cause)}`,
    { cause },
  );
}
