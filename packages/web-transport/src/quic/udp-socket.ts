import { createSocket, type RemoteInfo, type Socket, type SocketType } from "node:dgram";
import { toBindError } from "../error.ts";

/** What is asked of the kernel; it grants what `net.core.rmem_max` and `wmem_max` allow. */
const SOCKET_BUFFER_BYTES = 4 << 20;

/** A UDP socket that sends in the same turn. An IPv6 socket carries IPv4 too, with mapped addresses. */
export class UdpSocket {
  readonly #socket: Socket;
  readonly address: { readonly address: string; readonly port: number };
  /** Datagrams that the system would not send. */
  onSendError: (() => void) | undefined;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.address = { address, port };
  }

  /** Binds to a numeric address. Rejects with WebTransportError. */
  static async bind(
    address: string,
    port: number,
    onDatagram: (datagram: Buffer, from: RemoteInfo) => void,
  ): Promise<UdpSocket> {
    const type: SocketType = address.includes(":") ? "udp6" : "udp4";
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
      throw toBindError(cause, address, port);
    }
    for (const grow of ["setRecvBufferSize", "setSendBufferSize"] as const)
      try {
        socket[grow](SOCKET_BUFFER_BYTES);
      } catch {
        // A smaller buffer works too, only with less room for bursts.
      }
    const udp = new UdpSocket(socket);
    socket.on("error", () => udp.onSendError?.());
    socket.on("message", onDatagram);
    return udp;
  }

  /** Sends the first `length` bytes (borrowed). */
  send(bytes: Uint8Array, length: number, address: string, port: number): void {
    if (this.#closed) return;
    try {
      // Behind a full kernel buffer datagrams wait, and their memory is about to be reused.
      const kept = this.#socket.getSendQueueCount() === 0 ? bytes : bytes.slice(0, length);
      this.#socket.send(kept, 0, length, port, address, this.#onSent);
    } catch {
      this.onSendError?.();
    }
  }

  /** Resolves when the port is free again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  readonly #onSent = (error: Error | null): void => {
    if (error !== null && error !== undefined) this.onSendError?.();
  };
}
