import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { HostAddress } from "@wavry/rift-crypto";
import {
  ConnectError,
  type ConnectOptions,
  isCarrierAddress,
  type RiftConnection,
  type RiftEndpoint,
} from "@wavry/rift-udp";
import type { PathFinder } from "@wavry/rift-udp/paths";
import type { ClientOptions } from "./client-options.ts";
import { LanSearch } from "./lan-addresses.ts";

/** Addresses that are remembered of a host. */
const MAX_KEPT = 16;

/** What a client knows of its host once it has met it. */
export interface HostIdentity {
  /** For the next connection: the pinned key and the addresses, the one that worked first. */
  target(): Pick<ConnectOptions, "addresses" | "remote" | "moreAddresses">;
  /** Notes the host among the paired devices, under the name that it gives itself. */
  remember(connection: RiftConnection, name: string): void;
}

/** Connects by a pairing link or with a pinned key, and by what `finder` finds. Rejects with ConnectError. */
export async function connectToHost(
  endpoint: RiftEndpoint,
  options: ClientOptions,
  finder?: PathFinder,
): Promise<{ connection: RiftConnection; host: HostIdentity }> {
  const { target, devices, signal } = options;
  const addresses = target.type === "link" ? target.link.addresses : target.addresses;
  const remote =
    target.type === "link"
      ? { wavryId: target.link.wavryId, pairingSecret: target.link.secret }
      : { wavryId: target.wavryId, staticKey: target.staticKey };
  const isHidden = options.paths?.relay === "only";
  const numeric = isHidden ? [] : await resolveAddresses(addresses);
  const { searchLan: inLan } = options;
  if (numeric.length === 0 && finder === undefined && inLan === undefined)
    throw noAddress(addresses);
  using lan = new LanSearch({ wavryId: remote.wavryId, hasOthers: numeric.length > 0 }, inLan);
  const connection = await endpoint.connect({
    addresses: numeric,
    remote,
    moreAddresses: lan.join(finder?.moreAddresses),
    timeoutMicros: options.connectTimeoutMicros,
    ...(signal && { signal }),
  });
  const { wavryId, staticKey } = connection.peer;
  let worked = connection.remote;
  const reached = (): HostAddress[] => unique([worked, ...(finder?.addresses ?? []), ...numeric]);
  const host: HostIdentity = {
    target: () => ({
      addresses: reached(),
      remote: { wavryId, staticKey },
      moreAddresses: finder?.moreAddresses,
    }),
    remember(current, name) {
      worked = current.remote;
      // A relay's stands for the host in this session only.
      const kept = reached().filter(({ address }) => !isCarrierAddress(address));
      devices.add(
        { wavryId, staticKey, name, role: "host", addresses: kept.slice(0, MAX_KEPT) },
        { pairedAnew: current.peer.paired === "now" },
      );
    },
  };
  return { connection, host };
}

/** Host names become addresses; one that does not resolve is left out. */
async function resolveAddresses(addresses: readonly HostAddress[]): Promise<HostAddress[]> {
  const resolved: HostAddress[] = [];
  for (const { address, port } of addresses) {
    if (isIP(address) !== 0) resolved.push({ address, port });
    else
      for (const found of await lookup(address, { all: true }).catch(() => []))
        resolved.push({ address: found.address, port });
  }
  return resolved;
}

function noAddress(addresses: readonly HostAddress[]): ConnectError {
  const names = addresses.map(({ address }) => address).join(", ");
  return new ConnectError("timeout", `no address is known for ${names}: check the name`);
}

function unique(addresses: readonly HostAddress[]): HostAddress[] {
  const byText = addresses.map((one) => [`${one.port} ${one.address}`, one] as const);
  return [...new Map(byText).values()];
}
