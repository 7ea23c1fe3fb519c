import { randomBytes } from "node:crypto";
import { Gateway, type GatewayConfig, type GatewaySeams } from "@wavry/gateway";
import { pino } from "pino";

/** A gateway on loopback with a database in memory and everything else as a new user gets it. */
export function startTestGateway(
  config: Partial<GatewayConfig> = {},
  seams: GatewaySeams = {},
): Promise<Gateway> {
  return Gateway.start(
    {
      address: "127.0.0.1",
      port: 0,
      publicUrl: new URL("http://localhost:3000"),
      store: { kind: "sqlite", file: ":memory:" },
      redisUrl: undefined,
      masterKey: randomBytes(32),
      registration: "open",
      trustedProxies: [],
      smtp: undefined,
      adminPanelToken: undefined,
      auditDays: 365,
      logLevel: "silent",
      ...config,
    },
    { log: pino({ level: "silent" }), ...seams },
  );
}
