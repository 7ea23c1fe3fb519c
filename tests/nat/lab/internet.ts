import { NetNamespace } from "./namespace.ts";
import { WAN } from "./nat-rules.ts";

/** Addresses kept for documentation (RFC 5737, RFC 3849), which nothing real has. */
const ROUTER_ADDRESS = "192.0.2.1";
const SITE_PREFIX = "203.0.113.";
const SERVER_PREFIX = "198.51.100.";
const IPV6_PREFIX = "2001:db8";
const MAX_SITES = 254;

/** What a namespace has on the internet. */
export interface PublicAddresses {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** Networks behind it that the internet's router sends there; with a /length. */
  readonly ipv6Networks?: readonly string[];
}

/** The addresses of the server: two of each family, as RFC 5780 wants for telling NATs apart. */
export const SERVER_ADDRESSES: {
  readonly ipv4: readonly [string, string];
  readonly ipv6: readonly [string, string];
} = {
  ipv4: [`${SERVER_PREFIX}1`, `${SERVER_PREFIX}2`],
  ipv6: [`${IPV6_PREFIX}::1`, `${IPV6_PREFIX}::2`],
};

/** Settings of each namespace that forwards packets. */
export const ROUTER_SETTINGS = {
  "ipv4/ip_forward": 1,
  "ipv6/conf/all/forwarding": 1,
  "ipv4/conf/all/send_redirects": 0,
  "ipv4/conf/default/send_redirects": 0,
} as const;

/**
 * The internet: one router with a link to each namespace that has a public address. A link has no network of its own,
 * so that nothing but the router is a neighbour. It knows no private addresses, and drops what claims to come from one.
 */
export class Internet implements AsyncDisposable {
  readonly namespace: NetNamespace;
  #links = 0;
  #sites = 0;

  private constructor(namespace: NetNamespace) {
    this.namespace = namespace;
  }

  static async open(): Promise<Internet> {
    const namespace = await NetNamespace.openFirst("internet");
    try {
      const ip = [
        `addr add ${ROUTER_ADDRESS}/32 dev lo`,
        ...["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"].map(
          (network) => `route add blackhole ${network}`,
        ),
      ];
      const settings = {
        ...ROUTER_SETTINGS,
        "ipv4/conf/all/rp_filter": 1,
        "ipv4/conf/default/rp_filter": 1,
      };
      await namespace.configure({ ip, settings });
    } catch (error) {
      await namespace[Symbol.asyncDispose]();
      throw error;
    }
    return new Internet(namespace);
  }

  /** The next site's public addresses, and its IPv6 network. */
  takeAddresses(): { ipv4: string; ipv6: string; lanIpv6Prefix: string } {
    const number = ++this.#sites;
    if (number > MAX_SITES) throw new RangeError(`one laboratory has ${MAX_SITES} sites at most`);
    const site = `${IPV6_PREFIX}:${number.toString(16)}`;
    return { ipv4: `${SITE_PREFIX}${number}`, ipv6: `${site}::1`, lanIpv6Prefix: `${site}:1::` };
  }

  /** Links a namespace to the internet, with an interface `wan` that has these addresses. */
  async attach(namespace: NetNamespace, addresses: PublicAddresses): Promise<void> {
    const link = `site${++this.#links}`;
    const { ipv4, ipv6, ipv6Networks = [] } = addresses;
    const outside = [
      `link add name ${link} type veth peer name ${WAN} netns ${namespace.pid}`,
      `link set dev ${link} addrgenmode none`,
      `link set dev ${link} up`,
      ...(ipv6.length === 0 ? [] : [`addr add fe80::1/64 dev ${link} nodad`]),
      ...ipv4.map((address) => `route add ${address}/32 dev ${link}`),
      ...ipv6.map((address) => `route add ${address}/128 via fe80::2 dev ${link}`),
      ...ipv6Networks.map((network) => `route add ${network} via fe80::2 dev ${link}`),
    ];
    const inside = [
      `link set dev ${WAN} addrgenmode none`,
      ...ipv4.map((address) => `addr add ${address}/32 dev ${WAN}`),
      `link set dev ${WAN} up`,
      ...(ipv4.length === 0 ? [] : defaultRoute(ROUTER_ADDRESS)),
      ...(ipv6.length === 0 ? [] : [`addr add fe80::2/64 dev ${WAN} nodad`]),
      ...ipv6.map((address) => `addr add ${address}/128 dev ${WAN} nodad`),
      ...(ipv6.length === 0 ? [] : [`route add ::/0 via fe80::1 dev ${WAN}`]),
    ];
    await this.namespace.configure({ ip: outside });
    await namespace.configure({ ip: inside });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.namespace[Symbol.asyncDispose]();
  }
}

function defaultRoute(router: string): string[] {
  return [`route add ${router}/32 dev ${WAN}`, `route add default via ${router} dev ${WAN}`];
}
