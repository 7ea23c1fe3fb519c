import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** Stands between clients on this machine and a UDP port of it; it can be cut. */
export class UdpRelay implements AsyncDisposable {
  /** Nothing passes in either way. */
  isCut = false;
  readonly #front: Socket;
  /** By the client's port: what the other end takes for that client. */
  readonly #backs = new Map<number, Socket>();

  /** `front`: bound; taken over. `to`: a port of 127.0.0.1. */
  constructor(front: Socket, to: number) {
    this.#front = front;
    front.on("message", (datagram, { port }) => {
      if (!this.isCut) this.#backOf(port).send(datagram, to, "127.0.0.1");
    });
  }

  /** Opens one in front of a port, on any free one. */
  static async open(to: number): Promise<UdpRelay> {
    const front = createSocket("udp4").bind(0, "127.0.0.1");
    await once(front, "listening");
    return new UdpRelay(front, to);
  }

  get port(): number {
    return this.#front.address().port;
  }

  #backOf(port: number): Socket {
    const known = this.#backs.get(port);
    if (known !== undefined) return known;
    const back = createSocket("udp4");
    back.on("message", (datagram) => {
      if (!this.isCut) this.#front.send(datagram, port, "127.0.0.1");
    });
    this.#backs.set(port, back);
    return back;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [this.#front, ...this.#backs.values()].map(
        (socket) => new Promise<void>((resolve) => socket.close(() => resolve())),
      ),
    );
  }
}
