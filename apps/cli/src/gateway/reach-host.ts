import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { GatewaySession } from "@wavry/client/gateway";
import {
  deviceSigner,
  GatewayClient,
  type SignalingCredentials,
  SignalingSocket,
} from "@wavry/gateway-client";
import type { ReachableHost } from "@wavry/signaling";
import { openDevice } from "../device.ts";
import { CommandError } from "../exit-code.ts";
import type { ShareLink } from "./share-link.ts";
import { chooseGateway, gatewayClient } from "./signed-in.ts";

/** A session that a gateway granted, with the connection that it needs. */
export interface ReachedHost extends Disposable {
  readonly session: GatewaySession;
}

/** Asks a gateway for one of its hosts, by name or Wavry ID. Rejects with GatewayError or CommandError. */
export async function reachHost(
  which: string,
  options: { gateway?: string | undefined; signal: AbortSignal },
): Promise<ReachedHost> {
  const credentials = chooseGateway(options.gateway);
  const host = findHost(await gatewayClient(credentials).hosts(options.signal), which);
  const { url, issuer, token } = credentials;
  return await open({ url, issuer }, { kind: "token", token }, { host: host.id, ...options });
}

/** Comes in by a share link, without an account. Rejects with GatewayError. */
export async function reachSharedHost(link: ShareLink, signal: AbortSignal): Promise<ReachedHost> {
  const { issuer } = await new GatewayClient({ url: link.url }).document(signal);
  const name = guestName();
  return await open(
    { url: link.url, issuer },
    { kind: "guest", share: link.token, name },
    { signal },
  );
}

async function open(
  gateway: { url: string; issuer: string },
  credentials: SignalingCredentials,
  wish: { host?: string; signal: AbortSignal },
): Promise<ReachedHost> {
  using stack = new DisposableStack();
  const { identity, suite, devices } = openDevice();
  const { signal } = wish;
  const socket = stack.use(
    new SignalingSocket({
      ...gateway,
      ...{ device: deviceSigner(identity, suite), role: "client", credentials, signal },
    }),
  );
  const refused = socket.closed.then(({ cause, reason }): never => {
    throw new CommandError(
      cause === "refused" ? `the gateway refused this device: ${reason}` : "given up",
    );
  });
  refused.catch(() => {});
  const pinnedKey = (wavryId: string) => devices.find(wavryId, "host")?.staticKey;
  const session = stack.use(
    await Promise.race([GatewaySession.open({ socket, suite, pinnedKey, ...wish }), refused]),
  );
  const owned = stack.move();
  return { session, [Symbol.dispose]: () => owned.dispose() };
}

function findHost(hosts: readonly ReachableHost[], which: string): ReachableHost {
  const wanted = which.trim().toLowerCase();
  const found = hosts.filter(
    ({ id, name }) => id === wanted || name.trim().toLowerCase() === wanted,
  );
  const [only] = found;
  if (only === undefined)
    throw new CommandError(`no machine called ${which} is open to you: wavry hosts lists them`);
  if (found.length > 1)
    throw new CommandError(
      `${found.length} machines are called ${which}: say which by its Wavry ID (${found.map(({ id }) => id).join(", ")})`,
    );
  return only;
}

function guestName(): string {
  try {
    return userInfo().username.slice(0, 64);
  } catch {
    return `guest ${randomUUID().slice(0, 4)}`;
  }
}
