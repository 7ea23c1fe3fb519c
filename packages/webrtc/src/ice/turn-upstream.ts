import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { lookup } from "node:dns";
import { connect as connectTcp, type Socket as TcpSocket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { IceServerAddress } from "./ice-server.ts";
import { frameForStream, TurnStreamReader } from "./turn-framing.ts";

/** More than this waits for no slow stream: what is late is of no use. */
const MAX_WAITING_BYTES = 128 << 10;

/** A way to a TURN server. It may fail at any time, and then is silent like a bad network. */
export interface TurnUpstream {
  /** False once it is of no more use. */
  readonly isOpen: boolean;
  /** Sends a message, or drops it (borrowed). */
  send(message: Uint8Array): void;
  close(): void;
}

/** What a way to a server is opened with. */
export interface TurnUpstreamOptions {
  readonly server: IceServerAddress;
  /** Authorities (PEM) to be trusted instead of the usual ones, for TLS. */
  readonly tlsAuthorities?: string | undefined;
  /** Borrows what it gets. */
  onMessage(message: Uint8Array): void;
}

/** Opens the way that the server's address names. */
export function openTurnUpstream(options: TurnUpstreamOptions): TurnUpstream {
  return options.server.transport === "udp"
    ? new UdpUpstream(options)
    : new StreamUpstream(options);
}

/** TURN over TCP or TLS (RFC 8656 §2.1). */
class StreamUpstream implements TurnUpstream {
  readonly #socket: TcpSocket;

  constructor({ server, tlsAuthorities, onMessage }: TurnUpstreamOptions) {
    const { host, port } = server;
    this.#socket =
      server.transport === "tls"
        ? connectTls({ host, port, ...(tlsAuthorities && { ca: tlsAuthorities }) })
        : connectTcp({ host, port });
    this.#socket.setNoDelay(true);
    const reader = new TurnStreamReader(onMessage);
    this.#socket.on("data", (chunk: Uint8Array) => {
      try {
        reader.push(chunk);
      } catch {
        this.close();
      }
    });
    this.#socket.on("error", () => this.close());
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  send(message: Uint8Array): void {
    if (this.isOpen && this.#socket.writableLength <= MAX_WAITING_BYTES)
      // The stream keeps what it gets until it is sent.
      this.#socket.write(Uint8Array.from(frameForStream(message)));
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** TURN over UDP, for agents that may not reach the network by themselves. */
class UdpUpstream implements TurnUpstream {
  #socket: UdpSocket | undefined;
  #ready = false;
  #closed = false;
  /** Sent once the server's name is known; clients repeat themselves, so one is enough. */
  #waiting: Uint8Array | undefined;

  constructor({ server, onMessage }: TurnUpstreamOptions) {
    lookup(server.host, (error, address, family) => {
      if (this.#closed) return;
      if (error !== null) return this.close();
      const socket = createSocket(family === 6 ? "udp6" : "udp4");
      this.#socket = socket;
      socket.on("message", onMessage);
      socket.on("error", () => this.close());
      socket.connect(server.port, address, () => {
        this.#ready = true;
        if (this.#waiting !== undefined) this.send(this.#waiting);
        this.#waiting = undefined;
      });
    });
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  send(message: Uint8Array): void {
    if (this.#closed) return;
    if (this.#ready) this.#socket?.send(message);
    else this.#waiting = Uint8Array.from(message);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ready = false;
    this.#socket?.close();
    this.#socket = undefined;
  }
}
