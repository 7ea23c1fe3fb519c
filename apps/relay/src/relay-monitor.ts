import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FleetStatus } from "./fleet/fleet-client.ts";
import { metricsText } from "./metrics-text.ts";
import type { RelayServer } from "./relay-server.ts";
import type { TlsStatus } from "./tls/tls-door.ts";

/** A watcher that is slower than that is none. */
const PATIENCE_MS = 5_000;
const MAX_CONNECTIONS = 32;

/** Where a relay tells how it is. */
export interface RelayMonitorOptions {
  readonly relay: RelayServer;
  /** Of its door over TLS, and of its heartbeats, if it has them. */
  readonly tls?: { readonly status: TlsStatus } | undefined;
  readonly fleet?: { readonly status: FleetStatus } | undefined;
  /** Default 127.0.0.1. It asks nobody for a password: leave it on loopback, or behind something that does. */
  readonly address?: string | undefined;
  /** TCP; 0: any free one. */
  readonly port: number;
}

/** GET /health, /ready (503 where new sessions cannot come) and /metrics, for whoever runs the relay. */
export class RelayMonitor implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Rejects with the system's error where it cannot listen. */
  static async listen(options: RelayMonitorOptions): Promise<RelayMonitor> {
    const { relay, tls, fleet, address = "127.0.0.1", port } = options;
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
            return json(200, {
              ...{ status: "ok", state, sessions, joined, isShedding },
              tls: tls && shortTls(tls.status),
              fleet: fleet?.status,
            });
          case "/ready": {
            // A gateway that is away is no reason: leases are served on.
            const why = fleet?.status.state === "wrong-key" ? "wrong-key" : state;
            return why === "serving" ? json(200, { status: "ready" }) : json(503, { status: why });
          }
          case "/metrics":
            response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
            response.end(metricsText(relay.status, { tls: tls?.status, fleet: fleet?.status }));
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

function shortTls({ connections, admitted, certificateExpiresAtMillis }: TlsStatus) {
  const certificateExpires = new Date(certificateExpiresAtMillis).toISOString();
  return { connections, admitted, certificateExpires };
}
