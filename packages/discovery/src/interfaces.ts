import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** One interface of this machine that multicast DNS is spoken on. */
export interface LanInterface {
  readonly name: string;
  /** Its addresses that are announced: private and link-local ones, without a zone. */
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

/** Networks that nobody reaches from elsewhere: RFC 1918, RFC 3927, RFC 4193, RFC 4291 §2.5.6. */
const LOCAL = new BlockList();
LOCAL.addSubnet("10.0.0.0", 8);
LOCAL.addSubnet("172.16.0.0", 12);
LOCAL.addSubnet("192.168.0.0", 16);
LOCAL.addSubnet("169.254.0.0", 16);
LOCAL.addSubnet("fc00::", 7, "ipv6");
LOCAL.addSubnet("fe80::", 10, "ipv6");
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet("fe80::", 10, "ipv6");

/** More is no machine's to announce on. */
const MAX_INTERFACES = 16;

/** Which interfaces there are to choose from. */
export interface InterfaceOptions {
  /** Also the loopback interface, for programs of one machine without a network. Default false. */
  readonly loopback?: boolean | undefined;
  /** This address alone, and the interface that has it. */
  readonly only?: string | undefined;
}

/**
 * The interfaces of local networks. One with a public IPv4 address is none: it leads to strangers, as on a rented server. Public IPv6 addresses
 * are no hint, as every machine at home has one.
 */
export function lanInterfaces({ loopback = false, only }: InterfaceOptions = {}): LanInterface[] {
  const found: LanInterface[] = [];
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    if (entries === undefined || found.length === MAX_INTERFACES) continue;
    const internal = entries.some((entry) => entry.internal);
    if (internal && !loopback) continue;
    const ipv4 = entries.filter(({ family }) => family === "IPv4").map(({ address }) => address);
    if (!internal && ipv4.some((address) => !isLocal(address))) continue;
    const ipv6 = entries
      .filter(({ family, address }) => family === "IPv6" && (internal || isLocal(address)))
      .map(({ address }) => address);
    const isWanted = (address: string): boolean => only === undefined || address === only;
    const own = { name, ipv4: ipv4.filter(isWanted), ipv6: ipv6.filter(isWanted) };
    if (own.ipv4.length + own.ipv6.length > 0) found.push(own);
  }
  return found;
}

/** Whether an address, without a zone, is of a kind that is used inside local networks alone. */
export function isLocal(address: string): boolean {
  return LOCAL.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** Whether it means something only together with an interface. */
export function isLinkLocalV6(address: string): boolean {
  return isIP(address) === 6 && LINK_LOCAL.check(address, "ipv6");
}

/** The interface that an address is in a network of, or that its zone names; undefined: it is not next to this machine. */
export function interfaceOf(
  address: string,
  interfaces: readonly LanInterface[],
): LanInterface | undefined {
  const [plain = "", zone] = address.split("%");
  if (zone !== undefined) return interfaces.find(({ name }) => name === zone);
  const all = networkInterfaces();
  return interfaces.find(({ name }) =>
    (all[name] ?? []).some(({ cidr, family }) => {
      if (cidr === null || (family === "IPv6") !== (isIP(plain) === 6)) return false;
      const [network = "", bits] = cidr.split("/");
      const list = new BlockList();
      list.addSubnet(network, Number(bits), family === "IPv6" ? "ipv6" : "ipv4");
      return list.check(plain, family === "IPv6" ? "ipv6" : "ipv4");
    }),
  );
}
