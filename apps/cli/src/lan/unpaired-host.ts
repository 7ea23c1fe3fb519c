import { isMarkOf, type LanHost } from "@wavry/discovery";
import type { ReachableHost } from "@wavry/signaling";
import { CommandError, ExitCode } from "../exit-code.ts";
import { lookAround } from "./look-around.ts";

/** Whom a person asked for by a name that neither the paired hosts nor a gateway know. */
export interface UnpairedOptions {
  readonly which: string;
  readonly mdns: boolean | undefined;
  readonly signal: AbortSignal;
  /** The hosts that are open to this device in its gateways; asked for only where the name is in the local network. */
  readonly reachable: () => Promise<readonly ReachableHost[]>;
}

/**
 * Looks for the name in the local network. Resolves with the Wavry ID where it is a host of a gateway that this device is signed in to, under
 * another name; undefined where nobody there has the name. Rejects with CommandError, which says how to pair, for a stranger.
 */
export async function findUnpaired(options: UnpairedOptions): Promise<string | undefined> {
  const { which, mdns, signal, reachable } = options;
  const wanted = which.trim().toLowerCase();
  const named = (hosts: readonly LanHost[]): LanHost[] =>
    hosts.filter(({ name }) => name.toLowerCase() === wanted);
  const until = (hosts: readonly LanHost[]): boolean => named(hosts).length > 0;
  const found = named(await lookAround({ mdns, signal, until }));
  const [host] = found;
  if (host === undefined) return undefined;
  for (const { id } of await reachable().catch(() => []))
    if (found.some(({ mark }) => mark !== undefined && isMarkOf(mark, id))) return id;
  throw new CommandError(
    `${host.name} is in this network, but was never paired with this device. Open a pairing link of it once: it is printed there by wavry host or wavry up; then here: wavry connect LINK`,
    ExitCode.usage,
  );
}
