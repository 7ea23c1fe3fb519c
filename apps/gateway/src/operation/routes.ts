import { ErrorBody, Health, Readiness } from "@wavry/signaling";
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { App } from "../http/app.ts";
import { sameSecret } from "../keys.ts";
import { ReadinessCheck } from "./readiness.ts";

/** What watches the gateway from outside: load balancers, Prometheus. */
export async function operationRoutes(app: App, context: Context): Promise<void> {
  const readiness = new ReadinessCheck(context);
  registerGauges(app, context, readiness);

  app.get(
    "/health",
    {
      schema: {
        summary: "Whether this process is alive",
        tags: ["operation"],
        response: { 200: Health },
      },
    },
    async (_request, reply): Promise<Health> => {
      reply.header("cache-control", "no-store");
      return { status: "ok" };
    },
  );

  app.get(
    "/ready",
    {
      schema: {
        summary:
          "Whether this replica can take requests: its database and bus answer, and it is not about to end",
        tags: ["operation"],
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (_request, reply) => {
      const answer = await readiness.ask();
      return reply
        .header("cache-control", "no-store")
        .code(answer.status === "ready" ? 200 : 503)
        .send(answer);
    },
  );

  app.get(
    "/metrics",
    {
      schema: {
        summary:
          "Figures for Prometheus; needs the metrics token or the administration token as a bearer",
        tags: ["operation"],
        response: { 200: Type.String(), "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      requireToken(context, request);
      const { type, body } = await context.metrics.text();
      return reply.header("cache-control", "no-store").type(type).send(body);
    },
  );
}

/** Never by address: behind a proxy on the same machine everybody comes from it. */
function requireToken(context: Context, request: FastifyRequest): void {
  const { adminPanelToken, metricsToken } = context.config;
  const tokens = [adminPanelToken, metricsToken].filter((token) => token !== undefined);
  if (tokens.length === 0)
    throw new ApiError(
      403,
      "metrics-off",
      "the gateway has no WAVRY_GATEWAY_METRICS_TOKEN and no ADMIN_PANEL_TOKEN; set one to read its figures",
    );
  const header = request.headers["x-admin-token"];
  const given =
    typeof header === "string"
      ? header
      : (/^Bearer +(.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "");
  if (!tokens.some((token) => sameSecret(given, token)))
    throw new ApiError(401, "token-required", "give the token as Authorization: Bearer …");
}

function registerGauges(
  app: App,
  { metrics, store, bus, now }: Context,
  readiness: ReadinessCheck,
) {
  metrics.gauge("wavry_store_up", "Whether the database answers", async () =>
    (await readiness.storeAnswers()) ? 1 : 0,
  );
  metrics.gauge("wavry_bus_up", "Whether the other replicas can be reached", () =>
    bus.healthy ? 1 : 0,
  );
  metrics.gauge(
    "wavry_sockets",
    "WebSockets of this replica",
    () => app.websocketServer.clients.size,
  );
  metrics.gauge("wavry_sessions", "Sign-ins that are valid, on all replicas", async () => {
    const { count } = await store.db
      .selectFrom("sessions")
      .select((e) => e.fn.countAll<number>().as("count"))
      .where("expires_at", ">", now())
      .executeTakeFirstOrThrow();
    return count;
  });
  metrics.gauge(
    "wavry_screen_sessions",
    "Screens that are shown now, on all replicas",
    async () => {
      const { count } = await store.db
        .selectFrom("screen_sessions")
        .select((e) => e.fn.countAll<number>().as("count"))
        .where("ended_at", "is", null)
        .executeTakeFirstOrThrow();
      return count;
    },
  );
}
