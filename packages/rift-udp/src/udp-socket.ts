import { createSocket, type RemoteInfo, type Socket, type SocketType } from "node:dgram";
import type { Address } from "@wavry/rift-session";
import { monotonicMicros } from "./clock.ts";
import type { Arrival, DatagramListener, DatagramSocket, SocketKind } from "./datagram-socket.ts";
import { toEndpointError } from "./errors.ts";
import { SOCKET_BUFFER_BYTES } from "./socket-buffer.ts";

const MAPPED_PREFIX = "::ffff:";

/**
 * A socket of node:dgram that sends in the same turn and speaks to IPv4 and IPv6 alike: on a socket for
 * both, IPv4 addresses are written in dotted form on this side and as mapped ones to the kernel.
 */
export class UdpSocket implements DatagramSocket {
  readonly kind: SocketKind = "plain";
  readonly #socket: Socket;
  readonly #family: 4 | 6;
  readonly #mapped = new Map<string, string>();
  #sendErrors = 0;
  #closed = false;

  private constructor(socket: Socket, family: 4 | 6) {
    this.#socket = socket;
    this.#family = family;
  }

  /** Binds to a numeric address; "::" is IPv4, too. Rejects with EndpointError. */
  static async bind(address: string, port: number): Promise<UdpSocket> {
    return await UdpSocket.#open(address.includes(":") ? "udp6" : "udp4", address, port);
  }

  static async #open(type: SocketType, address: string, port: number): Promise<UdpSocket> {
    // Addresses are numeric: a look-up that answers at once keeps send() in the same turn.
    const lookup = (
      host: string,
      _options: unknown,
      done: (error: Error | null, address: string, family: number) => void,
    ): void => done(null, host, type === "udp6" ? 6 : 4);
    const socket = createSocket({ type, lookup: lookup as never });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.bind({ address, port, exclusive: true }, () => {
          socket.off("error", reject);
          resolve();
        });
      });
    } catch (cause) {
      socket.close();
      throw toEndpointError(cause, address, port);
    }
    for (const grow of ["setRecvBufferSize", "setSendBufferSize"] as const)
      try {
        socket[grow](SOCKET_BUFFER_BYTES);
      } catch {
        // A smaller buffer works too, only with less room for bursts.
      }
    return new UdpSocket(socket, type === "udp6" ? 6 : 4);
  }

  /** Where it is bound. */
  get address(): Address {
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  get sendErrors(): number {
    return this.#sendErrors;
  }

  listen(onDatagram: DatagramListener, onRead?: () => void): void {
    const arrival: Arrival = { at: 0, ecn: 0 };
    this.#socket.on("error", () => this.#sendErrors++);
    this.#socket.on("message", (datagram: Uint8Array, from: RemoteInfo) => {
      if (this.#family === 6 && from.address.startsWith(MAPPED_PREFIX))
        from.address = from.address.slice(MAPPED_PREFIX.length);
      arrival.at = monotonicMicros();
      try {
        onDatagram(datagram, from, arrival);
      } finally {
        onRead?.();
      }
    });
  }

  send(bytes: Uint8Array, length: number, address: string, port: number): void {
    if (this.#closed) return;
    try {
      // Behind a full kernel buffer datagrams wait, and their memory is about to be reused.
      const kept = this.#socket.getSendQueueCount() === 0 ? bytes : bytes.slice(0, length);
      this.#socket.send(kept, 0, length, port, this.#toKernel(address), this.#onSent);
    } catch {
      this.#sendErrors++;
    }
  }

  /** Everything has left already. */
  flush(): void {}

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  readonly #onSent = (error: Error | null): void => {
    if (error !== null && error !== undefined) this.#sendErrors++;
  };

  #toKernel(address: string): string {
    if (this.#family === 4 || address.includes(":")) return address;
    let mapped = this.#mapped.get(address);
    if (mapped === undefined) {
      // Spoofed addresses are only ever answered in a handshake; a small cache is enough.
      if (this.#mapped.size > 256) this.#mapped.clear();
      mapped = MAPPED_PREFIX + address;
      this.#mapped.set(address, mapped);
    }
    return mapped;
  }
}
