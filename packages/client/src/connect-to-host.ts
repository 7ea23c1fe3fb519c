import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { HostAddress } from "@wavry/rift-crypto";
import { ConnectError, type RiftConnection, type RiftEndpoint } from "@wavry/rift-udp";
import type { ClientOptions } from "./client-options.ts";

/** What a client knows of its host once it has met it. */
export interface HostIdentity {
  /** For the next connection: the pinned key and the addresses, the one that worked first. */
  target(): {
    addresses: readonly HostAddress[];
    remote: { wavryId: string; staticKey: Uint8Array };
  };
  /** Notes the host among the paired devices, under the name that it gives itself. */
  remember(connection: RiftConnection, name: string): void;
}

/** Connects by a pairing link or with a pinned key. Rejects with ConnectError. */
export async function connectToHost(
  endpoint: RiftEndpoint,
  options: ClientOptions,
): Promise<{ connection: RiftConnection; host: HostIdentity }> {
  const { target, devices, signal } = options;
  const addresses = target.type === "link" ? target.link.addresses : target.addresses;
  const remote =
    target.type === "link"
      ? { wavryId: target.link.wavryId, pairingSecret: target.link.secret }
      : { wavryId: target.wavryId, staticKey: target.staticKey };
  const numeric = await resolveAddresses(addresses);
  const connection = await endpoint.connect({
    addresses: numeric,
    remote,
    timeoutMicros: options.connectTimeoutMicros,
    ...(signal && { signal }),
  });
  const { wavryId, staticKey } = connection.peer;
  let worked = connection.remote;
  const host: HostIdentity = {
    target: () => ({
      addresses: [worked, ...numeric.filter((other) => !sameAddress(other, worked))],
      remote: { wavryId, staticKey },
    }),
    remember(current, name) {
      worked = current.remote;
      const { addresses: reached } = host.target();
      devices.add(
        { wavryId, staticKey, name, role: "host", addresses: reached },
        { pairedAnew: current.peer.paired === "now" },
      );
    },
  };
  return { connection, host };
}

/** Host names become addresses; one that does not resolve is left out while others do. */
async function resolveAddresses(addresses: readonly HostAddress[]): Promise<HostAddress[]> {
  const resolved: HostAddress[] = [];
  for (const { address, port } of addresses) {
    if (isIP(address) !== 0) resolved.push({ address, port });
    else
      for (const found of await lookup(address, { all: true }).catch(() => []))
        resolved.push({ address: found.address, port });
  }
  if (resolved.length > 0) return resolved;
  const names = addresses.map(({ address }) => address).join(", ");
  throw new ConnectError("timeout", `no address is known for ${names}: check the name`);
}

function sameAddress(a: HostAddress, b: HostAddress): boolean {
  return a.address === b.address && a.port === b.port;
}
