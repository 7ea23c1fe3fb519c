import { createSocket, type RemoteInfo, type Socket, type SocketType } from "node:dgram";
import type { Address } from "@wavry/rift-session";
import { toEndpointError } from "./errors.ts";

/** What is asked of the kernel, in bytes; it grants what `net.core.rmem_max` and `wmem_max` allow. */
const SOCKET_BUFFER_BYTES = 4 << 20;
const MAPPED_PREFIX = "::ffff:";

/**
 * A bound UDP socket that sends in the same turn and speaks to IPv4 and IPv6 alike: on a socket for
 * both, IPv4 addresses are written in dotted form on this side and as mapped ones to the kernel.
 */
export class UdpSocket {
  readonly #socket: Socket;
  readonly #family: 4 | 6;
  readonly #mapped = new Map<string, string>();
  #sendErrors = 0;
  #closed = false;

  private constructor(socket: Socket, family: 4 | 6) {
    this.#socket = socket;
    this.#family = family;
  }

  /**
   * Binds; without an address to all of IPv6 and IPv4, or of IPv4 where there is no IPv6.
   * Rejects with EndpointError.
   */
  static async bind(address: string | undefined, port: number): Promise<UdpSocket> {
    if (address !== undefined)
      return await UdpSocket.#open(address.includes(":") ? "udp6" : "udp4", address, port);
    try {
      return await UdpSocket.#open("udp6", "::", port);
    } catch (error) {
      const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
      if (code !== "EAFNOSUPPORT" && code !== "EADDRNOTAVAIL" && code !== "EINVAL") throw error;
      return await UdpSocket.#open("udp4", "0.0.0.0", port);
    }
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

  /** Datagrams that the kernel refused to send (unreachable, too large, no room). */
  get sendErrors(): number {
    return this.#sendErrors;
  }

  /** Calls back for each datagram; its bytes are the callback's. Errors of the socket are counted. */
  listen(onDatagram: (datagram: Uint8Array, from: Address) => void): void {
    this.#socket.on("error", () => this.#sendErrors++);
    this.#socket.on("message", (datagram: Uint8Array, from: RemoteInfo) => {
      if (this.#family === 6 && from.address.startsWith(MAPPED_PREFIX))
        from.address = from.address.slice(MAPPED_PREFIX.length);
      onDatagram(datagram, from);
    });
  }

  /** Sends in this turn unless the kernel's buffer is full. Never throws. */
  send(datagram: Uint8Array, address: string, port: number): void {
    if (this.#closed) return;
    try {
      // Behind a full kernel buffer datagrams wait, and their memory is about to be reused.
      const bytes = this.#socket.getSendQueueCount() === 0 ? datagram : datagram.slice();
      this.#socket.send(bytes, port, this.#toKernel(address), this.#onSent);
    } catch {
      this.#sendErrors++;
    }
  }

  /** Closes; nothing is received from then on. Idempotent. */
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
