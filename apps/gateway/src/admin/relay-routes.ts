import { AdminRelayList, Done, ErrorBody, RelayOrder, RelayParams } from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { administratorOf } from "./access.ts";
import { listRelays, orderRelay } from "./relay-acts.ts";

const tags = ["administration"];
const viewer = { adminRole: "viewer" } as const;
const operator = { adminRole: "operator" } as const;

/** The relays, and who of them may serve. */
export function relayAdminRoutes(app: App, context: Context): void {
  app.get(
    "/admin/api/relays",
    {
      config: viewer,
      schema: {
        summary: "Relays: those that wait to be let in first, then by when they were heard",
        ...{ tags, response: { 200: AdminRelayList, "4xx": ErrorBody } },
      },
    },
    async () => ({ relays: await listRelays(context) }),
  );
  app.post(
    "/admin/api/relays/:id/order",
    {
      config: operator,
      schema: {
        summary: "Let a relay serve, take it out for a while, or ban it",
        description:
          "`allow` also lifts a ban and a drain; the relay proves itself anew after a ban.",
        ...{ tags, params: RelayParams, body: RelayOrder },
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      await orderRelay(context, administratorOf(request), {
        ...{ id: request.params.id, act: request.body.act },
      });
      return { ok: true } as const;
    },
  );
}
