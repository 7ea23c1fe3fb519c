import {
  ErrorBody,
  MAX_HEARTBEAT_BYTES,
  RELAY_HEARTBEAT_PATH,
  RELAY_HEARTBEAT_SECONDS,
  RELAY_SIGNATURE_HEADER,
  RelayHeartbeat,
  RelayHeartbeatAnswer,
} from "@wavry/signaling";
import type { FastifyRequest } from "fastify";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { App } from "../http/app.ts";
import { requireWithin } from "../limits/limiter.ts";
import { startFleet } from "./fleet.ts";
import { addRelayMetrics } from "./relay-metrics.ts";
import { shownState } from "./relay-views.ts";
import { takeHeartbeat } from "./take-heartbeat.ts";

/** Heartbeats of one relay: six are due in a minute. */
const BY_RELAY = { name: "relay-heartbeat", max: 20, windowMillis: 60_000 };

/** Exact bodies, as they were signed. */
const bodies = new WeakMap<FastifyRequest, Buffer>();

/** Where relays tell that they are there (spec/signaling.md §10). */
export async function relayRoutes(app: App, context: Context): Promise<void> {
  const fleet = startFleet(context);
  app.addHook("onClose", () => fleet[Symbol.asyncDispose]());
  addRelayMetrics(context);
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit: MAX_HEARTBEAT_BYTES },
    (request, body, done) => {
      bodies.set(request, body as Buffer);
      parse(request, (body as Buffer).toString("utf8"), done);
    },
  );
  app.post(
    RELAY_HEARTBEAT_PATH,
    {
      bodyLimit: MAX_HEARTBEAT_BYTES,
      config: { limit: { max: 600, windowMillis: 60_000 } },
      schema: {
        summary: "A relay tells that it is there; its first heartbeat registers it",
        description: `Signed by the relay's identity key over the exact body, in the header \`${RELAY_SIGNATURE_HEADER}\`.`,
        tags: ["relays"],
        security: [],
        body: RelayHeartbeat,
        response: { 200: RelayHeartbeatAnswer, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      reply.header("cache-control", "no-store");
      const signature = request.headers[RELAY_SIGNATURE_HEADER];
      const body = bodies.get(request);
      if (typeof signature !== "string" || body === undefined)
        throw new ApiError(403, "wrong-proof", `the header ${RELAY_SIGNATURE_HEADER} is missing`);
      const heartbeat = request.body;
      await requireWithin(context, BY_RELAY, heartbeat.id);
      const row = await takeHeartbeat(context, { heartbeat, body, signature, address: request.ip });
      fleet.heard(row);
      return {
        state: shownState(row),
        nextSeconds: RELAY_HEARTBEAT_SECONDS,
        leaseKey: context.keys.verifyingKey,
      };
    },
  );
}
