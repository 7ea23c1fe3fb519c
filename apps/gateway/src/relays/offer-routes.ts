import { ErrorBody, OfferedRelays } from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { requireCaller } from "../http/caller.ts";
import { offerRelays } from "./pick-relay.ts";

/** Which relays there are, for programs that find out what a network lets through. */
export async function relayOfferRoutes(app: App, context: Context): Promise<void> {
  app.get(
    "/api/v1/relays",
    {
      config: { limit: { max: 60, windowMillis: 60_000 } },
      schema: {
        summary: "Relays that a session of this account might be offered now",
        tags: ["relays"],
        response: { 200: OfferedRelays, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      requireCaller(request);
      reply.header("cache-control", "no-store");
      return { relays: await offerRelays(context) };
    },
  );
}
