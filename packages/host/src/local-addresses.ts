import { networkInterfaces } from "node:os";
import { type HostAddress, MAX_LINK_ADDRESSES } from "@wavry/rift-crypto";

const ANY_ADDRESS: readonly string[] = ["0.0.0.0", "::"];

/**
 * The addresses under which a socket bound to `bound` can be reached: itself, or for one that listens
 * on all, those of every interface: IPv4 first, loopback last.
 */
export function reachableAddresses(bound: HostAddress): readonly HostAddress[] {
  if (!ANY_ADDRESS.includes(bound.address)) return [bound];
  const found: { address: string; rank: number }[] = [];
  for (const entries of Object.values(networkInterfaces())) {
    for (const { address, family, internal } of entries ?? []) {
      // Link-local IPv6 needs a zone that means nothing on another machine.
      if (address.startsWith("fe80:")) continue;
      if (family === "IPv6" && bound.address === "0.0.0.0") continue;
      found.push({ address, rank: (internal ? 2 : 0) + (family === "IPv6" ? 1 : 0) });
    }
  }
  // Without any interface, a program on this machine may still reach it later.
  if (found.length === 0) found.push({ address: "127.0.0.1", rank: 0 });
  return found
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_LINK_ADDRESSES)
    .map(({ address }) => ({ address, port: bound.port }));
}
