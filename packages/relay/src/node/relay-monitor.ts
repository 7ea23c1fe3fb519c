import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { metricsText } from "./metrics-text.ts";
import type { RelayServer } from "./relay-server.ts";

/** A watcher that is slower than that is none. */
const PATIENCE_MS = 5_000;
const MAX_CONNECTIONS = 32;

/** Where a relay tells how it is. */
export interface RelayMonitorOptions {
  readonly relay: RelayServer;
  /** Default 127.0.0.1. It asks nobody for a password: leave it on loopback, or behind something that does. */
  readonly address?: string | undefined;
  /** TCP; 0: any free one. */
  readonly port: number;
}

/** GET /health, /ready (503 while it drains) and /metrics, for whoever runs the relay. */
export class RelayMonitor implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Rejects with the system's error where it cannot listen. */
  static async listen({
    relay,
    address = "127.0.0.1",
    port,
  }: RelayMonitorOptions): Promise<RelayMonitor> {
    const server = createServer(
      { requestTimeout: PATIENCE_MS, headersTimeout: PATIENCE_MS, keepAliveTimeout: PATIENCE_MS },
      (request, response) => {
        const { state, sessions, joined, isShedding } = relay.status;
        const json = (status: number, body: unknown): void => {
          response.writeHead(status, { "content-type": "application/json" });
          response.end(`${JSON.stringify(body)}\n`);
        };
        response.setHeader("cache-control", "no-store");
        if (request.method !== "GET") return json(405, { error: "GET only" });
        switch (request.url) {
          case "/health":
            return json(200, { status: "ok", state, sessions, joined, isShedding });
          case "/ready":
            return state === "serving"
              ? json(200, { status: "ready" })
              : json(503, { status: state });
          case "/metrics":
            response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
            response.end(metricsText(relay.status));
            return;
          default:
            return json(404, { error: "there are /health, /ready and /metrics" });
        }
      },
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.listen({ host: address, port, exclusive: true });
    // Rejects where the error comes first.
    await once(server, "listening");
    server.on("error", () => undefined);
    return new RelayMonitor(server);
  }

  /** Such as http://127.0.0.1:4001. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
  }

  /** Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
