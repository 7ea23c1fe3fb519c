import { GatewayClient, GatewayError, SignalingSocket } from "@wavry/gateway-client";
import type { BrowserIdentity } from "@wavry/web-client";
import { session } from "../session.svelte.ts";
import { browserName, systemName } from "./browser-name.ts";

/** There is no screen, for a reason that the page found. */
export class ScreenFailure extends Error {
  override readonly name = "ScreenFailure";
  /** As in `outcomeOf`. */
  readonly code: string;

  constructor(code: string, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

/** The code of whatever was thrown; "failed" for what has none, which is a fault of the page. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return code;
  console.error(error);
  return "failed";
}

/** As whom somebody comes: signed in, or as the guest of a share link. */
export type Visitor =
  | { readonly kind: "host" }
  | { readonly kind: "share"; readonly token: string; readonly name: string };

/** What the gateway says before this browser's identity is needed. */
export interface GatewayFacts {
  readonly client: GatewayClient;
  /** The Wavry IDs of the account's devices; undefined for a guest. */
  readonly devices: readonly string[] | undefined;
}

/** Asks the gateway that the page came from who it is, and for the account's devices, both at once. */
export async function askGateway(visitor: Visitor, signal: AbortSignal): Promise<GatewayFacts> {
  const client = new GatewayClient({ url: location.origin });
  const [, devices] = await watched(
    Promise.all([
      client.document(signal),
      visitor.kind === "host" ? client.devices(signal) : undefined,
    ]),
  );
  return { client, devices: devices?.map(({ id }) => id) };
}

/** How this browser comes to its gateway. */
export interface JoinOptions {
  readonly facts: GatewayFacts;
  readonly identity: BrowserIdentity;
  readonly visitor: Visitor;
  /** The gateway's session that runs; asked after each loss of the gateway. */
  readonly sessionId: () => string | undefined;
  /** Ends the connection, too. */
  readonly signal: AbortSignal;
}

/**
 * Connects this browser to the gateway; puts it among the account's devices before, if need be: until then the connection that
 * is being opened does not say whose it is.
 */
export async function joinGateway(options: JoinOptions): Promise<SignalingSocket> {
  const { facts, identity, visitor, sessionId, signal } = options;
  const { client, devices } = facts;
  const wish = { device: identity, name: browserName(), platform: systemName() };
  const enrolled =
    devices?.includes(identity.wavryId) === false
      ? watched(client.enrol({ ...wish, kind: "client" }, signal))
      : undefined;
  const socket = new SignalingSocket({
    ...{ url: client.url, issuer: client.issuer, role: "client", signal },
    device: {
      ...identity,
      async sign(message) {
        await enrolled;
        return await identity.sign(message);
      },
    },
    credentials:
      visitor.kind === "host"
        ? { kind: "cookie" }
        : { kind: "guest", share: visitor.token, name: visitor.name },
    runningSessions: () => [sessionId() ?? []].flat(),
  });
  try {
    await enrolled;
    return socket;
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/** Has the page tell what is wrong with the gateway or with the sign-in. */
async function watched<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (error.code === "sign-in-required") session.leave();
    if (error.code === "unreachable")
      throw new ScreenFailure("gateway-unreachable", { cause: error });
    throw error;
  }
}
