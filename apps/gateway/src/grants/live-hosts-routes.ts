import { CloseCode } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { App } from "../http/app.ts";
import "../http/caller.ts";
import { checkSocketOrigin } from "../sessions/origin-check.ts";
import { LiveHosts } from "./live-hosts.ts";

/** Where pages hear of hosts; a WebSocket, of which a browser opens more than the six connections of HTTP/1.1. */
export const LIVE_HOSTS_PATH = "/api/v1/hosts/live";

/** Tells pages which hosts are open to them: `{ hosts }` as GET /api/v1/hosts gives it, at once and at each change. */
export async function liveHostsRoutes(app: App, context: Context): Promise<void> {
  const live = await LiveHosts.open(context);
  const draining = context.drain.onDrain(() => live.drain());
  app.addHook("onClose", async () => {
    draining[Symbol.dispose]();
    await live[Symbol.asyncDispose]();
  });
  app.get(
    LIVE_HOSTS_PATH,
    {
      websocket: true,
      schema: { hide: true },
      preValidation: async (request) => {
        checkSocketOrigin(request.headers, context.config.publicUrl);
        const userId = request.caller?.user.id;
        if (context.drain.draining || (userId !== undefined && !live.hasRoomFor(userId)))
          throw new ApiError(503, "busy", "too many pages wait here; try again in a moment", {
            retryAfterSeconds: 5,
          });
      },
    },
    (socket, { caller }) => {
      // Refused by code: a browser's page does not learn why an upgrade failed.
      if (caller === undefined) socket.close(CloseCode.signedOut, "sign-in-required");
      else live.add(socket, caller);
    },
  );
}
