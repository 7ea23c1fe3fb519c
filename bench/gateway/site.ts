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

/** As bin/wavry.js does: with the cache first, nothing takes types out at each start. */
const BARE_START = `import { enableCompileCache } from "node:module";
enableCompileCache();
await import(process.argv[1]);`;

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
  /** Starts the servers for a task, with flags of Node, and ends them in order after it. */
  use<T>(task: (running: Running) => Promise<T>, nodeFlags?: readonly string[]): Promise<T>;
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
    use: (task, nodeFlags = []) =>
      useHelpers(
        { script: "replica.ts", count: postgres === undefined ? 1 : 2, options, nodeFlags },
        task,
      ),
    launch: async (fresh) => {
      const at = fresh ? await newStore() : store;
      const database = at.kind === "sqlite" ? at.file : at.url;
      return {
        args: [
          ...[fileOf("../../apps/cli/bin/wavry.js"), "gateway", "--database", database],
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
    use: (task, nodeFlags = []) =>
      useHelpers({ script: "bare.ts", count: 1, options: null, nodeFlags }, task),
    launch: async () => ({
      args: ["--input-type=module", "-e", BARE_START, fileOf("bare.ts")],
      env: {},
    }),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function useHelpers<T>(
  servers: {
    readonly script: string;
    readonly count: number;
    readonly options: ReplicaOptions | null;
    readonly nodeFlags: readonly string[];
  },
  task: (running: Running) => Promise<T>,
): Promise<T> {
  const { script, count, options, nodeFlags } = servers;
  await using stack = new AsyncDisposableStack();
  const helpers: Helper[] = [];
  const urls: string[] = [];
  for (let at = 0; at < count; at++) {
    const helper = stack.use(await Helper.start(script, nodeFlags));
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
