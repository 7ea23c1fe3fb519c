/** A helper process: one gateway, as the product starts it, with its limits on requests raised. */
import { Gateway } from "@wavry/gateway";
import type { StoreOptions } from "@wavry/gateway/tools";
import { answer } from "./control.ts";
import { settledMemory } from "./memory.ts";
import { PUBLIC_URL } from "./population.ts";

/** All sockets and requests of the benchmark come from one address. */
const LIMIT_FACTOR = 1e6;

/** What a replica is told. */
export interface ReplicaOptions {
  readonly store: StoreOptions;
  readonly redisUrl: string | null;
  /** Base64. */
  readonly masterKey: string;
}

let gateway: Gateway | undefined;

await answer(
  {
    start: async ({ store, redisUrl, masterKey }: ReplicaOptions): Promise<string> => {
      gateway = await Gateway.start({
        address: "127.0.0.1",
        port: 0,
        publicUrl: new URL(PUBLIC_URL),
        store,
        redisUrl: redisUrl ?? undefined,
        masterKey: Uint8Array.from(Buffer.from(masterKey, "base64")),
        registration: "closed",
        trustedProxies: [],
        smtp: undefined,
        adminPanelToken: undefined,
        limitFactor: LIMIT_FACTOR,
        auditDays: 365,
        logLevel: "info",
      });
      return gateway.url;
    },
    memory: settledMemory,
  },
  async () => gateway?.[Symbol.asyncDispose](),
);
