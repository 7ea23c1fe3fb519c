import { ROUTER_SETTINGS } from "./internet.ts";
import type { NetNamespace } from "./namespace.ts";
import type { Nat } from "./nat.ts";
import { firewallRules, LAN, natRules } from "./nat-rules.ts";

/** What is behind a router. */
export interface LanOptions {
  /** The router's address in the network, and the length of its prefix. Default: no IPv4. */
  readonly ipv4?: { readonly address: string; readonly prefixLength: number };
  /** The first half of the network's addresses, like `2001:db8:1:1::`. Default: no IPv6. */
  readonly ipv6Prefix?: string;
  /** Machines inside reach the router alone and not each other, as in a guests' network. */
  readonly isolated: boolean;
}

/** How a router translates and filters. */
export interface RouterOptions extends LanOptions {
  readonly nat?: { readonly nat: Nat; readonly external: string };
  readonly passesUdp: boolean;
}

/** Turns a namespace that has its link to the outside into a router with a network `lan` behind it. */
export async function makeRouter(router: NetNamespace, options: RouterOptions): Promise<void> {
  const { ipv4, ipv6Prefix, nat, passesUdp } = options;
  const ip = [
    `link add name ${LAN} type bridge mcast_snooping 0`,
    `link set dev ${LAN} addrgenmode none`,
    `link set dev ${LAN} up`,
    ...(ipv4 === undefined ? [] : [`addr add ${ipv4.address}/${ipv4.prefixLength} dev ${LAN}`]),
    ...(ipv6Prefix === undefined
      ? []
      : [`addr add fe80::1/64 dev ${LAN} nodad`, `route add ${ipv6Prefix}/64 dev ${LAN}`]),
  ];
  const nftables = [
    nat === undefined ? "" : natRules(nat.nat, nat.external),
    ipv6Prefix === undefined ? "" : firewallRules(passesUdp),
  ].join("");
  const settings = {
    ...ROUTER_SETTINGS,
    // Where the kernel shows bridged packets to the rules of IP, neighbours would count as strangers.
    "bridge/bridge-nf-call-iptables?": 0,
    "bridge/bridge-nf-call-ip6tables?": 0,
    ...(nat !== undefined && {
      "netfilter/nf_conntrack_udp_timeout": nat.nat.lifetimeSeconds,
      "netfilter/nf_conntrack_udp_timeout_stream": nat.nat.lifetimeSeconds,
    }),
  };
  await router.configure({ ip, nftables, settings });
}

/** One end of a cable into a router's network. */
export interface Cable {
  /** The number of the machine in the network: its addresses end in it. */
  readonly number: number;
  /** The name of the interface at the machine's end. */
  readonly device: string;
}

/** Plugs a machine (or another router) into the network of a router; gives its addresses there. */
export async function plugIn(
  router: NetNamespace,
  machine: NetNamespace,
  lan: LanOptions,
  { number, device }: Cable,
): Promise<{ ipv4?: string; ipv6?: string }> {
  const port = `port${number}`;
  const atRouter = [
    `link add name ${port} type veth peer name ${device} netns ${machine.pid}`,
    `link set dev ${port} addrgenmode none master ${LAN}`,
    `link set dev ${port} up`,
    ...(lan.isolated ? [`link set dev ${port} type bridge_slave isolated on`] : []),
  ];
  const { ipv4, ipv6Prefix } = lan;
  const address4 = ipv4?.address.replace(/\d+$/, `${number}`);
  const address6 = ipv6Prefix === undefined ? undefined : `${ipv6Prefix}${number}`;
  const atMachine = [
    `link set dev ${device} addrgenmode none`,
    `link set dev ${device} up`,
    ...(ipv4 === undefined
      ? []
      : [
          `addr add ${address4}/${ipv4.prefixLength} dev ${device}`,
          `route add default via ${ipv4.address}`,
        ]),
    ...(address6 === undefined
      ? []
      : [
          `addr add fe80::${number}/64 dev ${device} nodad`,
          `addr add ${address6}/64 dev ${device} nodad`,
          `route add ::/0 via fe80::1 dev ${device}`,
        ]),
  ];
  await router.configure({ ip: atRouter });
  await machine.configure({ ip: atMachine });
  return {
    ...(address4 !== undefined && { ipv4: address4 }),
    ...(address6 !== undefined && { ipv6: address6 }),
  };
}
