import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { until } from "./temporary-folder.ts";

/** A TCP connection that says exactly what it is told to. */
export class RawConnection implements Disposable {
  readonly socket: Socket;
  /** All that came. */
  text = "";
  closed = false;

  /** Resolves once it stands. `url` is the gateway's. */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const connection = new RawConnection(socket);
    await once(socket, "connect");
    return connection;
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      this.text += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
    });
  }

  /** Sends, unless it is closed. */
  say(...texts: readonly (string | Uint8Array)[]): void {
    for (const text of texts) if (!this.socket.destroyed) this.socket.write(text);
  }

  /** Resolves once the other side has closed it. */
  async end(): Promise<string> {
    await until("the connection is closed", () => this.closed);
    return this.text;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
