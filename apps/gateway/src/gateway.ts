import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import websocket from "@fastify/websocket";
import Fastify, { LogController } from "fastify";
import type { Logger } from "pino";
import { Afterwards } from "./accounts/afterwards.ts";
import { accountRoutes } from "./accounts/routes.ts";
import { requireStrongToken } from "./admin/panel-token.ts";
import { adminRoutes } from "./admin/routes.ts";
import { ChainedAuditLog } from "./audit/chained-audit-log.ts";
import { openBus } from "./bus/open-bus.ts";
import type { Context } from "./context.ts";
import { deviceRoutes } from "./devices/routes.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { liveHostsRoutes } from "./grants/live-hosts-routes.ts";
import { grantRoutes } from "./grants/routes.ts";
import type { App } from "./http/app.ts";
import { handleErrors, refuseUrl } from "./http/error-handler.ts";
import { limitConnections } from "./http/limit-connections.ts";
import { onlyWebSocketUpgrades } from "./http/only-ws-upgrades.ts";
import { describeApi } from "./http/open-api.ts";
import { PATIENCE, type Patience, patienceOptions, refuseBrokenRequest } from "./http/patience.ts";
import { openOwnStun } from "./ice/own-stun.ts";
import { iceRoutes } from "./ice/routes.ts";
import { GatewayKeys, newId } from "./keys.ts";
import { limitRequests } from "./limits/limit-requests.ts";
import { loginCodeRoutes } from "./login-code/routes.ts";
import { openMailer } from "./mail/smtp-mailer.ts";
import { Drain } from "./operation/drain.ts";
import { createLogger } from "./operation/logger.ts";
import { startMaintenance } from "./operation/maintenance.ts";
import { Metrics } from "./operation/metrics.ts";
import { observeRequests } from "./operation/observe-requests.ts";
import { operationRoutes } from "./operation/routes.ts";
import { relayRoutes } from "./relays/heartbeat-routes.ts";
import { relayOfferRoutes } from "./relays/offer-routes.ts";
import { secondFactorRoutes } from "./second-factor/routes.ts";
import { authenticate } from "./sessions/authenticate.ts";
import { sessionRoutes } from "./sessions/routes.ts";
import { signalingRoutes } from "./signaling/routes.ts";
import { SOCKET_SERVER } from "./signaling/socket-server.ts";
import { claimStore } from "./store/claim-store.ts";
import { openStore } from "./store/store.ts";
import { webRoutes } from "./web/routes.ts";

const MAX_BODY_BYTES = 64 * 1024;
/** How long requests may take to finish when the gateway ends. */
const FINISH_MS = 10_000;
const SWEEP_MS = 100;

/** What tests may replace. */
export interface GatewaySeams {
  readonly now?: () => number;
  readonly log?: Logger;
  readonly patience?: Patience;
}

/** One running gateway process. */
export class Gateway implements AsyncDisposable {
  readonly #app: App;
  readonly #stack: AsyncDisposableStack;
  /** For tests and the programs around it. */
  readonly context: Context;

  /** Opens store and bus and listens. Rejects with what failed: nothing stays open then. */
  static async start(config: GatewayConfig, seams: GatewaySeams = {}): Promise<Gateway> {
    requireStrongToken(config.adminPanelToken);
    await using stack = new AsyncDisposableStack();
    const now = seams.now ?? Date.now;
    const log = seams.log ?? createLogger(config.logLevel);
    const keys = new GatewayKeys(config.masterKey);
    const metrics = new Metrics();
    const store = stack.use(await openStore(config.store, { log }));
    await claimStore(store, keys);
    // Not the wall clock: what expires must not when somebody sets it.
    const busNow = seams.now ?? (() => performance.now());
    const bus = stack.use(await openBus({ url: config.redisUrl, log, now: busNow }));
    const mail = stack.use(openMailer(config.smtp));
    const afterwards = stack.use(new Afterwards(log));
    const stun = await openOwnStun(config, { log, metrics });
    if (stun !== undefined) stack.use(stun);
    const context: Context = {
      config,
      store,
      bus,
      keys,
      audit: new ChainedAuditLog({
        ...{ store, key: keys.auditKey, now },
        onRecorded: ({ action }) => metrics.countEvent(action),
        onLost: (event, error) => {
          metrics.countEvent("audit.lost");
          log.error({ err: error, event }, "an event is not in the audit log");
        },
      }),
      mail,
      afterwards,
      drain: new Drain(log),
      metrics,
      ownStunUrl: stun?.url,
      ownStunUrls: [stun?.url, stun?.secondUrl].filter((url) => url !== undefined),
      log,
      replica: newId(),
      now,
    };
    stack.use(startMaintenance(context));
    const app = await buildApp(context, seams.patience ?? PATIENCE);
    stack.defer(() => closeApp(app));
    await app.listen({ host: config.address, port: config.port });
    return new Gateway(app, stack.move(), context);
  }

  private constructor(app: App, stack: AsyncDisposableStack, context: Context) {
    this.#app = app;
    this.#stack = stack;
    this.context = context;
  }

  /** Where it listens. */
  get url(): string {
    const { address, port, family } = this.#app.server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /** The server itself, for requests without a socket in tests. */
  get app(): App {
    return this.#app;
  }

  /** Ends in order: tells whoever holds something open, takes nothing new, finishes what it has begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.drain.begin();
    await this.#stack.disposeAsync();
  }
}

/** Requests that are under way may finish, for a time. */
async function closeApp(app: App): Promise<void> {
  // Those that were busy when the end began are idle now and then.
  const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS);
  const cut = setTimeout(() => {
    app.server.closeAllConnections();
    for (const socket of app.websocketServer.clients) socket.terminate();
  }, FINISH_MS);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(cut);
  }
}

async function buildApp(context: Context, patience: Patience): Promise<App> {
  const { config, log } = context;
  const app: App = Fastify({
    loggerInstance: log,
    // One line for each request comes from observeRequests.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: MAX_BODY_BYTES,
    ...patienceOptions(patience),
    clientErrorHandler: refuseBrokenRequest,
    frameworkErrors: refuseUrl,
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    ajv: { customOptions: { removeAdditional: false, coerceTypes: "array", allErrors: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  limitConnections(app.server, config);
  handleErrors(app);
  observeRequests(app, context);
  await app.register(helmet, { hsts: config.publicUrl.protocol === "https:" });
  await app.register(cookie);
  await app.register(websocket, SOCKET_SERVER);
  onlyWebSocketUpgrades(app);
  await describeApi(app);
  // Before the limits and the look for the caller, so that they answer while the database does not.
  await app.register(async (area) => operationRoutes(area as unknown as App, context));
  limitRequests(app, context);
  authenticate(app, context);
  for (const routes of [
    accountRoutes,
    sessionRoutes,
    secondFactorRoutes,
    loginCodeRoutes,
    deviceRoutes,
    grantRoutes,
    liveHostsRoutes,
    iceRoutes,
    relayRoutes,
    relayOfferRoutes,
    signalingRoutes,
    adminRoutes,
    webRoutes,
  ])
    await app.register(async (area) => routes(area as unknown as App, context));
  return app;
}
