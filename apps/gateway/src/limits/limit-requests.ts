import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { requireWithin } from "./limiter.ts";
import { networkOf } from "./network.ts";

const MINUTE_MS = 60_000;
/** All requests of one address; an office behind one address is meant to fit. */
const BY_ADDRESS = { name: "address", max: 1_200, windowMillis: MINUTE_MS };
const BY_ACCOUNT = { name: "account", max: 1_200, windowMillis: MINUTE_MS };
/** What watches the gateway must see it under any load. */
const UNLIMITED: ReadonlySet<string> = new Set(["/health", "/ready", "/metrics"]);

/** How often one address, and one account, may call a route. */
export interface RouteLimit {
  readonly max: number;
  readonly windowMillis: number;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Beside the limits that hold for all routes. */
    limit?: RouteLimit;
  }
}

/** Answers 429 with Retry-After beyond the limits. Before `authenticate`: floods cost no look into the database. */
export function limitRequests(app: App, context: Context): void {
  app.addHook("onRequest", async (request) => {
    const { url = "", method, config } = request.routeOptions;
    if (UNLIMITED.has(url)) return;
    const network = networkOf(request.ip);
    await requireWithin(context, BY_ADDRESS, network);
    if (config.limit !== undefined)
      await requireWithin(
        context,
        { name: "route", ...config.limit },
        `${method} ${url} ${network}`,
      );
  });
  app.addHook("preParsing", async (request) => {
    const userId = request.caller?.user.id;
    if (userId === undefined) return;
    const { url = "", method, config } = request.routeOptions;
    await requireWithin(context, BY_ACCOUNT, userId);
    if (config.limit !== undefined)
      await requireWithin(
        context,
        { name: "route", ...config.limit },
        `${method} ${url} ${userId}`,
      );
  });
}
