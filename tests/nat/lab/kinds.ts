import { type Nat, USUAL_NAT } from "./nat.ts";

/** What stands between a machine and the internet. */
export interface SiteShape {
  /** Its machines reach IPv4: with addresses of their own, or behind NATs, the nearest first. */
  readonly ipv4?: "public" | readonly Nat[];
  /** Its machines have public IPv6 addresses, open to all or behind a firewall that lets answers in alone. */
  readonly ipv6?: "public" | "firewall";
}

/** The kinds of site that the matrix has. Hairpinning is an option of those whose mappings hold for all destinations. */
export type SiteKind =
  | "none"
  | "full-cone"
  | "address-restricted"
  | "port-restricted"
  | "symmetric"
  | "double-nat"
  | "udp-blocked"
  | "ipv6-only";

/** What each kind is. */
export const SITE_KINDS: Readonly<Record<SiteKind, SiteShape>> = {
  none: { ipv4: "public", ipv6: "public" },
  "full-cone": { ipv4: [{ ...USUAL_NAT, filtering: "endpoint-independent" }] },
  "address-restricted": { ipv4: [{ ...USUAL_NAT, filtering: "address-dependent" }] },
  "port-restricted": { ipv4: [USUAL_NAT] },
  symmetric: { ipv4: [{ ...USUAL_NAT, mapping: "address-and-port-dependent" }] },
  "double-nat": { ipv4: [USUAL_NAT, USUAL_NAT] },
  "udp-blocked": { ipv4: [{ ...USUAL_NAT, passesUdp: false }] },
  "ipv6-only": { ipv6: "firewall" },
};

/** All of them, in the order of tables. */
export const SITE_KIND_NAMES = Object.keys(SITE_KINDS) as readonly SiteKind[];
