import { BlockList, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { PathKind, PathStatus } from "@wavry/path";

/** How a session goes: over a network that both are in, directly, over a relay, or over one by TLS as no UDP gets through. */
export type PathWay = "local" | "direct" | "relay" | "relay-tls";

/** The path that a session uses; can be sent between threads. */
export interface UsedPath {
  readonly way: PathWay;
  /** How its address came to be known. */
  readonly kind: PathKind;
  /** "192.0.2.1:4200", or the relay's Wavry ID. */
  readonly remote: string;
  /** Undefined before it was measured. */
  readonly rttMicros: number | undefined;
}

/** Addresses that are of a network nearby, whichever it is: RFC 1918, 4193, 3927 and the loopback. */
const NEARBY: readonly (readonly [string, number])[] = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["127.0.0.0", 8],
  ["fc00::", 7],
  ["::1", 128],
];

/** The path as people are told of it; `relay`: the Wavry ID where it is a relay's. */
export function usedPath(path: PathStatus, relay: string | undefined): UsedPath {
  const { kind, rttMicros } = path;
  const { address, port } = path.address;
  const isRelay = kind === "relay" || kind === "relay-tls";
  const way = isRelay ? kind : isNearby(address) ? "local" : "direct";
  const direct = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  return { way, kind, remote: isRelay ? (relay ?? "a relay") : direct, rttMicros };
}

/** Whether an address is in a network of this machine, or in one that is never far. */
export function isNearby(address: string): boolean {
  const networks = new BlockList();
  for (const [network, bits] of NEARBY) networks.addSubnet(network, bits, family(network));
  for (const entries of Object.values(networkInterfaces()))
    for (const { cidr } of entries ?? []) {
      const [network, bits] = cidr?.split("/") ?? [];
      if (network !== undefined && Number(bits) > 0)
        networks.addSubnet(network, Number(bits), family(network));
    }
  return networks.check(address, family(address));
}

function family(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}
