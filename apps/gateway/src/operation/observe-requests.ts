import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";

/** Asked for all the time by what watches the gateway. */
const QUIET: ReadonlySet<string> = new Set(["/health", "/ready", "/metrics"]);

/** Gives each answer its request's ID, measures it, and logs it in one line. Before any route. */
export function observeRequests(app: App, context: Context): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    // What the API says is for its caller: a route that knows better says so itself.
    if (request.url.startsWith("/api/")) reply.header("cache-control", "no-store");
  });
  app.addHook("onSend", async (_request, reply) => {
    // The next request of this connection belongs to another replica.
    if (context.drain.draining) reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const millis = reply.elapsedTime;
    const { statusCode } = reply;
    context.metrics.countRequest({
      method: request.method,
      route,
      status: statusCode,
      seconds: millis / 1000,
    });
    request.log[QUIET.has(route) ? "debug" : "info"](
      {
        req: request,
        status: statusCode,
        millis: Math.round(millis * 10) / 10,
        ...(request.caller !== undefined && { user: request.caller.user.id }),
      },
      "answered",
    );
  });
}
