import { Gateway, type GatewayConfig, openDoor } from "@wavry/gateway";
import { askDoor, DoorError } from "@wavry/gateway/local";
import { ConfigError, doorFile, readConfig, readStoreConfig } from "@wavry/gateway/tools";
import { freePort, isFreePort, withPort } from "./free-port.ts";
import type { LocalGatewayWish } from "./local-gateway-messages.ts";

/** Ports that are tried one after the other before any free one is taken. */
const PORTS = 10;
/** Names that other programs use too: they are not meant for a gateway that nobody set up. */
const FOREIGN = ["DATABASE_URL", "REDIS_URL", "DATABASE_URL_FILE", "REDIS_URL_FILE"];

/** A gateway of this machine. */
export interface ServedLocally extends AsyncDisposable {
  /** The socket by which its owner asks it things. */
  readonly door: string;
  /** It was there before; disposing leaves it alone. */
  readonly reused: boolean;
}

/**
 * Starts a gateway for this machine's owner, or finds the one that runs on the same database. `onStarting` is called before
 * the first of the two. Rejects with ConfigError and what keeps a gateway from starting.
 */
export async function serveLocally(
  wish: LocalGatewayWish,
  environment: NodeJS.ProcessEnv = process.env,
  onStarting: () => void = () => {},
): Promise<ServedLocally> {
  const env = { ...environment };
  for (const name of FOREIGN) delete env[name];
  const { store } = readStoreConfig({ env });
  const door = doorFile(store);
  if (door === undefined)
    throw new ConfigError(
      "WAVRY_GATEWAY_DATA",
      store.kind === "sqlite"
        ? "the path of this folder is too long"
        : "wavry up runs its gateway on an embedded database: run wavry gateway, then wavry up --gateway",
    );
  if (await isServed(door)) return found(door);
  const { address, publicUrl, port } = wish;
  const flags = {
    ...(address !== undefined && { address }),
    ...(publicUrl !== undefined && { publicUrl }),
    ...(port !== undefined && { port: String(port) }),
    // Its log would stand between the lines for people.
    ...(env.WAVRY_GATEWAY_LOG_LEVEL === undefined && { logLevel: "error" }),
  };
  const config = readConfig({ flags, env });
  onStarting();
  const chosen = port !== undefined || env.WAVRY_GATEWAY_PORT !== undefined;
  const ownUrl = publicUrl !== undefined || env.WAVRY_GATEWAY_PUBLIC_URL !== undefined;
  await using stack = new AsyncDisposableStack();
  const gateway = stack.use(
    await startOnFreePort(config, { tries: chosen ? 1 : PORTS, keepsUrl: ownUrl }),
  );
  try {
    stack.use(await openDoor(gateway, door));
  } catch (error) {
    // Another one started at the same moment.
    if ((error as { code?: unknown }).code === "already-running") return found(door);
    throw error;
  }
  const owned = stack.move();
  return { door, reused: false, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function startOnFreePort(
  config: GatewayConfig,
  { tries, keepsUrl }: { readonly tries: number; readonly keepsUrl: boolean },
): Promise<Gateway> {
  const { address } = config;
  const startAt = async (port: number): Promise<Gateway> =>
    await Gateway.start({
      ...config,
      port,
      publicUrl: keepsUrl ? config.publicUrl : withPort(config.publicUrl, port),
    });
  for (let port = config.port; port !== 0 && port < config.port + tries; port++) {
    if (tries > 1 && !(await isFreePort(address, port))) continue;
    try {
      return await startAt(port);
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!taken || tries === 1) throw error;
    }
  }
  return await startAt(await freePort(address));
}

async function isServed(door: string): Promise<boolean> {
  try {
    await askDoor(door, { ask: "about" });
    return true;
  } catch (error) {
    if (error instanceof DoorError && error.code === "no-gateway") return false;
    throw error;
  }
}

function found(door: string): ServedLocally {
  return { door, reused: true, [Symbol.asyncDispose]: async () => {} };
}
