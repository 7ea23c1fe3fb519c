import { GatewayClient, GatewayError, SignalingSocket } from "@wavry/gateway-client";
import type { BrowserIdentity } from "@wavry/web-client";
import { session } from "../session.svelte.ts";
import { browserName, systemName } from "./browser-name.ts";
import type { ScreenTarget } from "./screen-session.svelte.ts";

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

/** How this browser comes to its gateway. */
export interface JoinOptions {
  readonly identity: BrowserIdentity;
  readonly target: ScreenTarget;
  /** The gateway's session that runs; asked after each loss of the gateway. */
  readonly sessionId: () => string | undefined;
  /** Ends the connection, too. */
  readonly signal: AbortSignal;
}

/** Connects this browser to the gateway that the page came from; puts it among the account's devices before, if need be. */
export async function joinGateway(options: JoinOptions): Promise<SignalingSocket> {
  const { identity, target, sessionId, signal } = options;
  const client = new GatewayClient({ url: location.origin });
  try {
    await client.document(signal);
    if (target.kind === "host") await beDevice(client, identity, signal);
  } catch (error) {
    throw error instanceof GatewayError && error.code === "unreachable"
      ? new ScreenFailure("gateway-unreachable", { cause: error })
      : error;
  }
  return new SignalingSocket({
    url: client.url,
    issuer: client.issuer,
    device: identity,
    role: "client",
    credentials:
      target.kind === "host"
        ? { kind: "cookie" }
        : { kind: "guest", share: target.token, name: target.name },
    runningSessions: () => [sessionId() ?? []].flat(),
    signal,
  });
}

async function beDevice(
  client: GatewayClient,
  identity: BrowserIdentity,
  signal: AbortSignal,
): Promise<void> {
  try {
    const devices = await client.devices(signal);
    if (devices.some(({ id }) => id === identity.wavryId)) return;
    await client.enrol(
      { device: identity, kind: "client", name: browserName(), platform: systemName() },
      signal,
    );
  } catch (error) {
    if (error instanceof GatewayError && error.code === "sign-in-required") session.leave();
    throw error;
  }
}
