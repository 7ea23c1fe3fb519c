import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createClient } from "redis";
import { type ServerProcess, startServer } from "./server-process.ts";
import { temporaryFolder, until } from "./temporary-folder.ts";

const STARTS = 5;

/** A Redis of one's own on loopback, with a password, keeping nothing. */
export interface RedisServer extends AsyncDisposable {
  /** redis://:password@127.0.0.1:port */
  readonly url: string;
  /** Ends it without warning, as a crash would; all that it held is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port after `kill`. */
  start(): Promise<void>;
}

/** Starts Redis on a free port. Rejects with the server's log if it does not come up. */
export async function startRedis(): Promise<RedisServer> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const log = join(folder.path, "log");
  const password = randomBytes(12).toString("hex");
  let server: ServerProcess | undefined;
  let url = "";
  const start = async (port: number) => {
    url = `redis://:${password}@127.0.0.1:${port}`;
    server = startServer({
      command: [
        ...["redis-server", "--bind", "127.0.0.1", "--port", String(port)],
        ...["--requirepass", password, "--save", "", "--appendonly", "no"],
        ...["--dir", folder.path, "--daemonize", "no"],
      ],
      log,
      deathSignal: "TERM",
    });
    await until("Redis answers", async () => {
      if (server?.running !== true) throw new Error(`Redis ended: ${readFileSync(log, "utf8")}`);
      return answers(url);
    });
  };
  stack.defer(async () => server?.end("SIGKILL"));
  let port = 0;
  for (let attempt = 1; ; attempt++) {
    port = await freePort();
    try {
      await start(port);
      break;
    } catch (error) {
      // Somebody else may have taken the port in between.
      if (attempt === STARTS) throw error;
    }
  }
  const owned = stack.move();
  return {
    url,
    kill: async () => server?.end("SIGKILL"),
    start: () => start(port),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(url: string): Promise<boolean> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on("error", () => {});
  try {
    await client.connect();
    return (await client.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}
