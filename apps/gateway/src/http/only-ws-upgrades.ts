import "@fastify/websocket";
import { ApiError } from "../gateway-error.ts";
import { LIVE_HOSTS_PATH } from "../grants/live-hosts-routes.ts";
import type { App } from "./app.ts";

/** The routes that are WebSockets. */
const WEB_SOCKETS: ReadonlySet<string> = new Set(["/ws", LIVE_HOSTS_PATH]);

/** Refuses upgrades of all other routes: @fastify/websocket would open them first and close them later. After it. */
export function onlyWebSocketUpgrades(app: App): void {
  app.addHook("onRequest", async (request) => {
    if (request.ws && !WEB_SOCKETS.has(request.routeOptions.url ?? ""))
      throw new ApiError(404, "not-found", "there is no WebSocket here");
  });
}
