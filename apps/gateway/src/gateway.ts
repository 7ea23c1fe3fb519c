import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { type Logger, pino } from "pino";
import { accountRoutes } from "./accounts/routes.ts";
import { adminRoutes } from "./admin/routes.ts";
import { ChainedAuditLog } from "./audit/chained-audit-log.ts";
import { MemoryBus } from "./bus/memory-bus.ts";
import type { Context } from "./context.ts";
import { deviceRoutes } from "./devices/routes.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { grantRoutes } from "./grants/routes.ts";
import type { App } from "./http/app.ts";
import { handleErrors } from "./http/error-handler.ts";
import { GatewayKeys, newId } from "./keys.ts";
import { openMailer } from "./mail/smtp-mailer.ts";
import { operationRoutes } from "./operation/routes.ts";
import { secondFactorRoutes } from "./second-factor/routes.ts";
import { authenticate } from "./sessions/authenticate.ts";
import { signalingRoutes } from "./signaling/routes.ts";
import { openStore } from "./store/store.ts";

const MAX_BODY_BYTES = 64 * 1024;
const MAX_SOCKET_MESSAGE_BYTES = 64 * 1024;
/** A request's head and body must have come by then. */
const REQUEST_TIMEOUT_MS = 15_000;

/** What tests may replace. */
export interface GatewaySeams {
  readonly now?: () => number;
  readonly log?: Logger;
}

/** One running gateway process. */
export class Gateway implements AsyncDisposable {
  readonly #app: App;
  readonly #stack: AsyncDisposableStack;
  /** For tests and the programs around it. */
  readonly context: Context;

  /** Opens store and bus and listens. Rejects with what failed: nothing stays open then. */
  static async start(config: GatewayConfig, seams: GatewaySeams = {}): Promise<Gateway> {
    await using stack = new AsyncDisposableStack();
    const now = seams.now ?? Date.now;
    const log = seams.log ?? pino({ level: config.logLevel });
    const store = stack.use(await openStore(config.store));
    const bus = stack.use(new MemoryBus(now));
    const mail = stack.use(openMailer(config.smtp));
    const context: Context = {
      config,
      store,
      bus,
      keys: new GatewayKeys(config.masterKey),
      audit: new ChainedAuditLog(store),
      mail,
      log,
      replica: newId(),
      now,
    };
    const app = await buildApp(context);
    stack.defer(() => app.close());
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function buildApp(context: Context): Promise<App> {
  const { config, log } = context;
  const app: App = Fastify({
    loggerInstance: log,
    genReqId: () => randomUUID(),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    ajv: { customOptions: { removeAdditional: false, coerceTypes: "array", allErrors: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  handleErrors(app);
  await app.register(helmet, { hsts: config.publicUrl.protocol === "https:" });
  await app.register(cookie);
  await app.register(websocket, { options: { maxPayload: MAX_SOCKET_MESSAGE_BYTES } });
  authenticate(app, context);
  for (const routes of [
    operationRoutes,
    accountRoutes,
    secondFactorRoutes,
    deviceRoutes,
    grantRoutes,
    signalingRoutes,
    adminRoutes,
  ])
    await app.register(async (area) => routes(area as unknown as App, context));
  return app;
}
