import type { HostAddress } from "@wavry/rift-crypto";
import type { RiftConnection, RiftEndpoint } from "@wavry/rift-udp";
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
  const connection = await endpoint.connect({
    addresses,
    remote,
    timeoutMicros: options.connectTimeoutMicros,
    ...(signal && { signal }),
  });
  const { wavryId, staticKey } = connection.peer;
  let worked = connection.remote;
  const host: HostIdentity = {
    target: () => ({
      addresses: [worked, ...addresses.filter((other) => !sameAddress(other, worked))],
      remote: { wavryId, staticKey },
    }),
    remember(current, name) {
      worked = current.remote;
      devices.add({
        wavryId,
        staticKey,
        name,
        role: "host",
        addresses: host.target().addresses,
      });
    },
  };
  return { connection, host };
}

function sameAddress(a: HostAddress, b: HostAddress): boolean {
  return a.address === b.address && a.port === b.port;
}
