/** What is measured: a gateway on its database, two on theirs, or the bare server. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { StoreOptions } from "@wavry/gateway/tools";
import { startPostgres } from "../../apps/gateway/test/helpers/postgres-server.ts";
import { startRedis } from "../../apps/gateway/test/helpers/redis-server.ts";
import { temporaryFolder } from "../../apps/gateway/test/helpers/temporary-folder.ts";
import { Helper } from "./helper.ts";
import { type Population, populate } from "./populate.ts";
import type { ReplicaOptions } from "./replica.ts";

/** The cases, in the order of the table. */
export const SITES = ["sqlite", "postgres-redis", "bare"] as const;
export type SiteName = (typeof SITES)[number];

/** Servers that run. */
export interface Running {
  readonly helpers: readonly Helper[];
  readonly urls: readonly string[];
}

/** How a server program is started to see how long it takes, without its port. */
export interface Launch {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One case with all that it needs; dispose ends it. */
export interface Site extends AsyncDisposable {
  readonly name: SiteName;
  readonly kind: "gateway" | "echo";
  /** Starts the servers for a task, and ends them in order after it. */
  use<T>(task: (running: Running) => Promise<T>): Promise<T>;
  /** The product's own program; `fresh` with an empty database. */
  launch(fresh: boolean): Promise<Launch>;
}

/** Makes a database with these devices, and whatever else the case needs. */
export async function openSite(name: SiteName, population: Population): Promise<Site> {
  if (name === "bare") return bareSite();
  await using stack = new AsyncDisposableStack();
  const masterKey = randomBytes(32);
  const folder = stack.use(temporaryFolder());
  const redis = name === "sqlite" ? undefined : stack.use(await startRedis());
  const postgres =
    name === "sqlite" ? undefined : stack.use(await startPostgres({ durable: true }));
  let files = 0;
  const newStore = async (): Promise<StoreOptions> =>
    postgres === undefined
      ? { kind: "sqlite", file: join(folder.path, `${++files}.sqlite`) }
      : { kind: "postgres", url: await postgres.createDatabase() };
  const store = await newStore();
  await populate(store, masterKey, population);
  const options: ReplicaOptions = {
    ...{ store, redisUrl: redis?.url ?? null, masterKey: masterKey.toString("base64") },
  };
  const owned = stack.move();
  return {
    name,
    kind: "gateway",
    use: (task) => useHelpers("replica.ts", postgres === undefined ? 1 : 2, options, task),
    launch: async (fresh) => {
      const at = fresh ? await newStore() : store;
      const database = at.kind === "sqlite" ? at.file : at.url;
      return {
        args: [
          ...[fileOf("../../apps/cli/src/main.ts"), "gateway", "--database", database],
          ...(redis === undefined ? [] : ["--redis", redis.url]),
        ],
        env: { WAVRY_GATEWAY_MASTER_KEY: options.masterKey },
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function bareSite(): Site {
  return {
    name: "bare",
    kind: "echo",
    use: (task) => useHelpers("bare.ts", 1, null, task),
    launch: async () => ({ args: [fileOf("bare.ts")], env: {} }),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function useHelpers<T>(
  script: string,
  count: number,
  options: ReplicaOptions | null,
  task: (running: Running) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const helpers: Helper[] = [];
  const urls: string[] = [];
  for (let at = 0; at < count; at++) {
    const helper = stack.use(await Helper.start(script, ["--expose-gc"]));
    helpers.push(helper);
    urls.push(await helper.ask<string>("start", options));
  }
  const result = await task({ helpers, urls });
  await Promise.all(helpers.map((helper) => helper.finish()));
  return result;
}

function fileOf(path: string): string {
  return new URL(path, import.meta.url).pathname;
}
