import { setTimeout as wait } from "node:timers/promises";
import { Done } from "@wavry/signaling";
import { type HostInGateway, type HostInGatewayOptions, joinGateway } from "./host-in-gateway.ts";
import type { LocalGateway } from "./local-gateway.ts";
import { gatewayClient } from "./signed-in.ts";

/** Before a machine whose sign-in was ended comes in anew. */
const REJOIN_MS = 1_000;
/** What ends a sign-in and not the machine's place: a new password does, and "end all sign-ins". */
const SIGN_IN_ENDED: ReadonlySet<string> = new Set(["signed-out", "sign-in-required"]);
/** The gateway is told at the end that the sign-in is over, if it is still there. */
const GOODBYE_MS = 1_000;

/** How a host joins the gateway that `wavry up` has started or found. */
export interface HostInLocalGatewayOptions
  extends Omit<HostInGatewayOptions, "credentials" | "unattended"> {
  readonly local: LocalGateway;
  /** What its sign-in is called in the owner's list. */
  readonly label: string;
}

/**
 * Keeps this machine in its own gateway, signed in by who runs both. Devices that are new here are not asked about: the
 * gateway that vouches for them is this machine's. Rejects with GatewayError or CommandError.
 */
export async function joinLocalGateway(
  options: HostInLocalGatewayOptions,
): Promise<HostInGateway & AsyncDisposable> {
  const { local, label, signal } = options;
  let over = false;
  const join = async () => {
    const credentials = await local.hostCredentials(label);
    const host = await joinGateway({
      ...options,
      credentials,
      unattended: true,
      onEvent: (event) => {
        if (event.type === "gateway-refused" && SIGN_IN_ENDED.has(event.reason) && !over)
          void comeBack();
        else options.onEvent(event);
      },
    });
    return { host, credentials };
  };
  const comeBack = async (): Promise<void> => {
    try {
      await wait(REJOIN_MS, undefined, { signal });
      joined.host[Symbol.dispose]();
      joined = await join();
      if (over) joined.host[Symbol.dispose]();
    } catch (error) {
      if (!over && !signal.aborted)
        options.note(`this machine is out of its gateway: ${(error as Error).message}`);
    }
  };
  let joined = await join();
  const dispose = (): void => {
    over = true;
    joined.host[Symbol.dispose]();
  };
  return {
    url: joined.host.url,
    onHostEvent: (event) => joined.host.onHostEvent(event),
    [Symbol.dispose]: dispose,
    async [Symbol.asyncDispose]() {
      if (over) return;
      dispose();
      await gatewayClient(joined.credentials)
        .call({
          ...{ method: "DELETE", path: "/api/v1/session", answer: Done },
          signal: AbortSignal.timeout(GOODBYE_MS),
        })
        .catch(() => {});
    },
  };
}
