import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What stands before several replicas, or before one: it can be cut, and told where to send. */
export class Front implements AsyncDisposable {
  readonly url: string;
  /** Ports of the replicas, the one to try first in front. */
  ports: number[];
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets: Set<Socket>;

  /** Listens on a free port of loopback. */
  static async open(ports: number[]): Promise<Front> {
    const sockets = new Set<Socket>();
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const front = new Front(server, sockets, ports);
    server.on("connection", (socket) => front.#join(socket));
    return front;
  }

  private constructor(
    server: ReturnType<typeof createServer>,
    sockets: Set<Socket>,
    ports: number[],
  ) {
    this.#server = server;
    this.#sockets = sockets;
    this.ports = ports;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Breaks all connections that stand now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Brings the gateway nothing more by the connections that stand now; nobody is told. */
  freeze(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(socket: Socket, attempt = 0): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    const port = this.ports[attempt];
    if (port === undefined) {
      socket.destroy();
      return;
    }
    const back = connect(port, "127.0.0.1");
    let joined = false;
    back.once("connect", () => {
      joined = true;
      socket.pipe(back).pipe(socket);
    });
    back.once("error", () => {
      if (!joined) this.#join(socket, attempt + 1);
    });
    back.once("close", () => {
      if (joined) socket.destroy();
    });
    socket.once("close", () => {
      this.#sockets.delete(socket);
      back.destroy();
    });
  }
}
