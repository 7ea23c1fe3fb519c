/** A thread behind a `ThreadLink` with an open socket of the best kind, and what its tests ask of it. */
import { closeSync, openSync } from "node:fs";
import { EndpointError, openSocket } from "@wavry/rift-udp";
import { serveThread } from "@wavry/rift-udp/thread";

export interface ServedCalls {
  /** Opens the socket; gives its port. */
  open(options: { stopFile?: string }): Promise<number>;
  add(numbers: readonly number[]): number;
  refuse(): never;
  /** Throws where nobody catches it. */
  fail(): void;
  stop(): Promise<void>;
}

export type ServedNews = "opened" | "closed";

let stopFile: string | undefined;
let close: (() => Promise<void>) | undefined;

const server = serveThread<ServedCalls, ServedNews>({
  async open(options) {
    stopFile = options.stopFile;
    const socket = await openSocket({ address: "127.0.0.1", prefer: "best" });
    // To itself, so that it is ready again and again.
    socket.listen((datagram, { address, port }) => {
      socket.send(datagram.slice(), datagram.length, address, port);
      socket.flush();
    });
    socket.send(new Uint8Array(8), 8, "127.0.0.1", socket.address.port);
    socket.flush();
    close = () => socket.close();
    server.tell("opened");
    return socket.address.port;
  },
  add: (numbers) => numbers.reduce((sum, each) => sum + each, 0),
  refuse() {
    throw new EndpointError("port-in-use", "UDP port 1 is taken", {
      cause: new Error("EADDRINUSE"),
    });
  },
  fail() {
    setImmediate(() => {
      throw Object.assign(new Error("a bug"), { code: "bug" });
    });
  },
  async stop() {
    await close?.();
    close = undefined;
    if (stopFile !== undefined) closeSync(openSync(stopFile, "w"));
    server.tell("closed");
    server.end();
  },
});
