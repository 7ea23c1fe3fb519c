/** A gateway with its STUN server, behind a door of TLS, as `Remote` starts it: argument one is JSON of `GatewaySetup`. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:tls";
import { Gateway } from "@wavry/gateway";
import { pino } from "pino";
import { issuerOf } from "../../../apps/gateway/src/grants/issuer.ts";
import { makeProgram } from "../../../apps/gateway/test/helpers/people.ts";
import { serve } from "./remote-side.ts";
import type { GatewayFacts } from "./words.ts";

/** How it runs. */
export interface GatewaySetup {
  readonly publicUrl: string;
  /** SQLite. */
  readonly database: string;
  /** Wavry IDs. */
  readonly relays: readonly string[];
  readonly cert: string;
  readonly key: string;
  readonly stunPort: number;
  readonly tlsPort: number;
}

const setup = JSON.parse(process.argv[2]!) as GatewaySetup;
const log = pino({ level: process.env.WAVRY_NAT_LOG ?? "silent" }, process.stderr);
const gateway = await Gateway.start(
  {
    ...{ address: "127.0.0.1", port: 0, publicUrl: new URL(setup.publicUrl) },
    store: { kind: "sqlite", file: setup.database },
    redisUrl: undefined,
    masterKey: randomBytes(32),
    registration: "closed",
    // All come from the address of the door.
    ...{ trustedProxies: [], limitFactor: 1_000 },
    ...{ smtp: undefined, adminPanelToken: undefined, auditDays: 365, logLevel: "silent" },
    stun: { port: setup.stunPort, required: true },
    relays: { ids: setup.relays, rateKbps: 10_000 },
  },
  { log },
);
const behind = Number(new URL(gateway.url).port);
const door = createServer(
  { cert: readFileSync(setup.cert), key: readFileSync(setup.key), noDelay: true },
  (outer) => {
    const inner = connect({ port: behind, host: "127.0.0.1", noDelay: true });
    outer.on("error", () => inner.destroy()).on("close", () => inner.destroy());
    inner.on("error", () => outer.destroy()).on("close", () => outer.destroy());
    outer.pipe(inner).pipe(outer);
  },
);
door.on("tlsClientError", () => {});
await new Promise<void>((resolve) => door.listen(setup.tlsPort, "::", resolve));
const { token } = await makeProgram(gateway, "owner");

serve(
  {
    facts: (): GatewayFacts => ({
      issuer: issuerOf(gateway.context.config),
      key: gateway.context.keys.verifyingKey,
      token,
    }),
    /** Which relays devices are sent to now. */
    relays: () =>
      gateway.context.store.db.selectFrom("relays").select(["id", "state", "reachable"]).execute(),
  },
  async () => {
    door.close();
    await gateway[Symbol.asyncDispose]();
  },
);
