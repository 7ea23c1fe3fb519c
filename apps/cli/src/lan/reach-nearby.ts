import { CommandError } from "../exit-code.ts";
import { type ReachedHost, reachHost } from "../gateway/reach-host.ts";
import { chooseGateway, gatewayClient, openCredentials } from "../gateway/signed-in.ts";
import { findUnpaired } from "./unpaired-host.ts";

/** Where a host that this device is not paired with is looked for. */
export interface ReachNearbyOptions {
  /** True: the only gateway that this device is signed in to, and it has to be there. */
  readonly gateway: string | true | undefined;
  /** False: the local network is not asked. */
  readonly mdns: boolean | undefined;
  readonly signal: AbortSignal;
}

/**
 * By the gateway that is named or signed in to; a name that it does not know may be one of the local network, of a host that the gateway has
 * under another name. Undefined where there is no gateway, and nobody of that name near. Rejects with GatewayError or CommandError.
 */
export async function reachNearby(
  which: string,
  options: ReachNearbyOptions,
): Promise<ReachedHost | undefined> {
  const { mdns, signal } = options;
  const gateway = options.gateway === true ? undefined : options.gateway;
  const hasGateway = options.gateway !== undefined || openCredentials().list().length > 0;
  let failure: CommandError | undefined;
  if (hasGateway)
    try {
      return await reachHost(which, { gateway, signal });
    } catch (error) {
      if (!(error instanceof CommandError) || signal.aborted) throw error;
      failure = error;
    }
  const id = await findUnpaired({
    ...{ which, mdns, signal },
    reachable: async () =>
      hasGateway ? await gatewayClient(chooseGateway(gateway)).hosts(signal) : [],
  });
  if (id !== undefined) return await reachHost(id, { gateway, signal });
  if (failure !== undefined) throw failure;
  return undefined;
}
