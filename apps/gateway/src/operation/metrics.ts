import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
  type RegistryContentType,
} from "prom-client";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What belongs to the process, however many gateways run in it. */
let processMetrics: Registry | undefined;

/** Figures of this replica for Prometheus. No label holds anything that a caller can choose. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<"method" | "route" | "status">;
  readonly #events: Counter<"action">;

  constructor() {
    if (processMetrics === undefined) {
      processMetrics = new Registry();
      collectDefaultMetrics({ register: processMetrics });
    }
    const registers = [this.#registry];
    this.#requests = new Histogram({
      name: "wavry_http_request_seconds",
      help: "Time until a request was answered, by the pattern of its route",
      labelNames: ["method", "route", "status"],
      buckets: SECONDS,
      registers,
    });
    this.#events = new Counter({
      name: "wavry_security_events_total",
      help: "Events in the audit log of this replica, by what happened: sign-ins and their failures, bans, changes",
      labelNames: ["action"],
      registers,
    });
  }

  /** One answered request. `route` is the pattern; status such as 404 becomes "4xx". */
  countRequest(request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }): void {
    const status = `${Math.floor(request.status / 100)}xx`;
    const { method, route, seconds } = request;
    this.#requests.observe({ method, route, status }, seconds);
  }

  /** One event of the audit log. */
  countEvent(action: string): void {
    this.#events.inc({ action });
  }

  /** A figure that is read when somebody asks; one that cannot be read is left out. `name`: "wavry_…", unit at its end. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      async collect() {
        try {
          this.set(await read());
        } catch {
          this.remove();
        }
      },
    });
  }

  /** Figures by a label whose values are ours, read when somebody asks; left out while they cannot be read. */
  gauges(
    name: string,
    help: string,
    label: string,
    read: () => ReadonlyMap<string, number> | Promise<ReadonlyMap<string, number>>,
  ): void {
    new Gauge({
      ...{ name, help, labelNames: [label], registers: [this.#registry] },
      async collect() {
        this.reset();
        for (const [value, figure] of await Promise.resolve(read()).catch(() => []))
          this.set({ [label]: value }, figure);
      },
    });
  }

  /** All figures in Prometheus' text format. */
  async text(): Promise<{ type: RegistryContentType; body: string }> {
    const all = Registry.merge([processMetrics!, this.#registry]);
    return { type: all.contentType, body: await all.metrics() };
  }
}
