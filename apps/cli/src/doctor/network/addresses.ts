import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** Who can reach an address. */
export type AddressScope = "public" | "private" | "carrier" | "link-local" | "loopback";

/** One address of this machine. */
export interface OwnAddress {
  readonly interface: string;
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
  readonly scope: AddressScope;
}

const SCOPES: readonly (readonly [AddressScope, string, number])[] = [
  ["loopback", "127.0.0.0", 8],
  ["loopback", "::1", 128],
  ["link-local", "169.254.0.0", 16],
  ["link-local", "fe80::", 10],
  // RFC 6598: between a carrier's NAT and its subscribers.
  ["carrier", "100.64.0.0", 10],
  ["private", "10.0.0.0", 8],
  ["private", "172.16.0.0", 12],
  ["private", "192.168.0.0", 16],
  ["private", "fc00::", 7],
];

/** All addresses of this machine but loopback's. */
export function ownAddresses(): OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address, family }) => ({
        ...{ interface: name, family, address },
        scope: scopeOf(address),
      })),
  );
}

/** By the range that a numeric address is in. */
export function scopeOf(address: string): AddressScope {
  for (const [scope, network, bits] of SCOPES) {
    const list = new BlockList();
    list.addSubnet(network, bits, network.includes(":") ? "ipv6" : "ipv4");
    if (list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")) return scope;
  }
  return "public";
}
