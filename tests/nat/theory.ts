import type { SiteKind } from "./lab/index.ts";

/** How two peers can be joined: by packets between them, through a relay over UDP, or through one over TLS. */
export type Path = "direct" | "relay" | "tls";

/** The name of a reason. */
export type Reason =
  | "one-is-open"
  | "both-punch"
  | "both-firewalls-open"
  | "address-suffices"
  | "port-unknown"
  | "both-ports-unknown"
  | "no-common-family"
  | "no-udp"
  | "same-link"
  | "nat-hairpins"
  | "nat-does-not-hairpin";

/** Why a pair of sites is joined so. */
export const REASONS: Readonly<Record<Reason, { readonly path: Path; readonly why: string }>> = {
  "one-is-open": {
    path: "direct",
    why: "One side has an address, or a mapping that is the same for all, to which anyone may send; the other side sends first.",
  },
  "both-punch": {
    path: "direct",
    why: "Each mapping is the same for all destinations: each side sends to what the server saw of the other, and opens its own filter by it.",
  },
  "both-firewalls-open": {
    path: "direct",
    why: "Nothing is translated: each side sends to the other's address, and opens its own firewall by it.",
  },
  "address-suffices": {
    path: "direct",
    why: "The symmetric side has a port for this path that nobody knows before; the other filter looks at the address alone, and its side answers the port that it sees.",
  },
  "port-unknown": {
    path: "relay",
    why: "The symmetric side has a port for this path that nobody knows before, and the other filter lets in no port that was not sent to.",
  },
  "both-ports-unknown": {
    path: "relay",
    why: "Each side has a port for this path that the other cannot know, and lets in no port that it has not sent to.",
  },
  "no-common-family": {
    path: "relay",
    why: "One side has IPv4 alone and the other IPv6 alone; the relay has both.",
  },
  "no-udp": {
    path: "tls",
    why: "One side's network drops UDP; what passes is TLS on TCP port 443.",
  },
  "same-link": {
    path: "direct",
    why: "Both are in one network, and reach each other by their own addresses.",
  },
  "nat-hairpins": {
    path: "direct",
    why: "The NAT that both are behind sends a packet for its own external address back inside.",
  },
  "nat-does-not-hairpin": {
    path: "relay",
    why: "Neither reaches the other's own address, and the NAT that both are behind drops a packet from inside for its external address.",
  },
};

type Row = Readonly<Record<SiteKind, Reason>>;

/** By the host's kind of site, then the client's. It is the same both ways round. */
export const THEORY: Readonly<Record<SiteKind, Row>> = {
  none: {
    none: "one-is-open",
    "full-cone": "one-is-open",
    "address-restricted": "one-is-open",
    "port-restricted": "one-is-open",
    symmetric: "one-is-open",
    "double-nat": "one-is-open",
    "udp-blocked": "no-udp",
    "ipv6-only": "one-is-open",
  },
  "full-cone": {
    none: "one-is-open",
    "full-cone": "one-is-open",
    "address-restricted": "one-is-open",
    "port-restricted": "one-is-open",
    symmetric: "one-is-open",
    "double-nat": "one-is-open",
    "udp-blocked": "no-udp",
    "ipv6-only": "no-common-family",
  },
  "address-restricted": {
    none: "one-is-open",
    "full-cone": "one-is-open",
    "address-restricted": "both-punch",
    "port-restricted": "both-punch",
    symmetric: "address-suffices",
    "double-nat": "both-punch",
    "udp-blocked": "no-udp",
    "ipv6-only": "no-common-family",
  },
  "port-restricted": {
    none: "one-is-open",
    "full-cone": "one-is-open",
    "address-restricted": "both-punch",
    "port-restricted": "both-punch",
    symmetric: "port-unknown",
    "double-nat": "both-punch",
    "udp-blocked": "no-udp",
    "ipv6-only": "no-common-family",
  },
  symmetric: {
    none: "one-is-open",
    "full-cone": "one-is-open",
    "address-restricted": "address-suffices",
    "port-restricted": "port-unknown",
    symmetric: "both-ports-unknown",
    "double-nat": "port-unknown",
    "udp-blocked": "no-udp",
    "ipv6-only": "no-common-family",
  },
  "double-nat": {
    none: "one-is-open",
    "full-cone": "one-is-open",
    "address-restricted": "both-punch",
    "port-restricted": "both-punch",
    symmetric: "port-unknown",
    "double-nat": "both-punch",
    "udp-blocked": "no-udp",
    "ipv6-only": "no-common-family",
  },
  "udp-blocked": {
    none: "no-udp",
    "full-cone": "no-udp",
    "address-restricted": "no-udp",
    "port-restricted": "no-udp",
    symmetric: "no-udp",
    "double-nat": "no-udp",
    "udp-blocked": "no-udp",
    "ipv6-only": "no-udp",
  },
  "ipv6-only": {
    none: "one-is-open",
    "full-cone": "no-common-family",
    "address-restricted": "no-common-family",
    "port-restricted": "no-common-family",
    symmetric: "no-common-family",
    "double-nat": "no-common-family",
    "udp-blocked": "no-udp",
    "ipv6-only": "both-firewalls-open",
  },
};

/** Two peers behind one NAT whose mappings hold for all destinations. */
export type Neighbours =
  | "one-lan"
  | "isolated-hairpin-on"
  | "isolated-hairpin-off"
  | "one-carrier-hairpin-on"
  | "one-carrier-hairpin-off";

/** By what two neighbours have between them; the last two are at home behind NATs of their own. */
export const NEIGHBOUR_THEORY: Readonly<Record<Neighbours, Reason>> = {
  "one-lan": "same-link",
  "isolated-hairpin-on": "nat-hairpins",
  "isolated-hairpin-off": "nat-does-not-hairpin",
  "one-carrier-hairpin-on": "nat-hairpins",
  "one-carrier-hairpin-off": "nat-does-not-hairpin",
};

/** The best path that two peers at such sites can have. */
export function bestPath(host: SiteKind, client: SiteKind): Path {
  return REASONS[THEORY[host][client]].path;
}
