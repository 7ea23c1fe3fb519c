import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** Stands between clients on this machine and a UDP port of it; it can be cut. */
export class UdpRelay implements AsyncDisposable {
  /** Nothing passes in either way. */
  isCut = false;
  readonly #front = createSocket("udp4");
  readonly #to: number;
  /** By the client's port: what the other end takes for that client. */
  readonly #backs = new Map<number, Socket>();

  private constructor(to: number) {
    this.#to = to;
  }

  /** Opens one in front of a port. */
  static async open(to: number): Promise<UdpRelay> {
    const relay = new UdpRelay(to);
    relay.#front.on("message", (datagram, { port }) => {
      if (!relay.isCut) relay.#backOf(port).send(datagram, relay.#to, "127.0.0.1");
    });
    relay.#front.bind(0, "127.0.0.1");
    await once(relay.#front, "listening");
    return relay;
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
