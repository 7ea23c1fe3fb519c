import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { resolve } from "node:path";
import { Gateway, type GatewayConfig } from "@wavry/gateway";
import { pino } from "pino";

const ROOT = resolve(import.meta.dirname, "../../..");

/** A clock that goes on by itself and can be set ahead. */
export class MovedClock {
  #aheadMillis = 0;
  readonly now = (): number => Date.now() + this.#aheadMillis;

  skip(millis: number): void {
    this.#aheadMillis += millis;
  }
}

/** Builds the pages where they are not up to date; throws with what went wrong. */
export function buildPages(): void {
  const script = resolve(ROOT, "scripts/build-app.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, "web"], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

/** A gateway at http://localhost, where browsers allow passkeys, with a database in memory. */
export async function startWebGateway(
  clock: MovedClock,
  config: Partial<GatewayConfig> = {},
): Promise<{ readonly gateway: Gateway; readonly origin: string }> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const gateway = await Gateway.start(
    {
      ...{ address: "127.0.0.1", port, publicUrl: new URL(origin) },
      ...{ store: { kind: "sqlite", file: ":memory:" }, redisUrl: undefined },
      ...{ masterKey: randomBytes(32), registration: "open", trustedProxies: [] },
      ...{ smtp: undefined, adminPanelToken: undefined, auditDays: 365, logLevel: "silent" },
      ...config,
    },
    { now: clock.now, log: pino({ level: "silent" }) },
  );
  return { gateway, origin };
}

/** A TCP port that nobody uses: links hold it, so it is chosen before. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
