import type { Nat } from "./nat.ts";

/** The names of a router's two interfaces. */
export const WAN = "wan";
export const LAN = "lan";

/** Bounds every map and set. */
const MAX_ENTRIES = 8192;

/**
 * The rules of nftables for a NAT whose external address is `external`.
 *
 * Linux alone maps and filters by the whole flow, and so it is a symmetric NAT once it chooses ports at random. Mappings
 * that hold for all destinations are kept in two maps here: `external` gives a socket inside its port, `internal` gives
 * the port its socket. Both are filled from outgoing packets after their translation, with a lifetime. Filtering looks
 * at packets after the translation back, in a set of who was sent to. A packet that may not pass is dropped and leaves no
 * flow behind: otherwise a stranger's packet would take the port of the answer to it away.
 */
export function natRules(nat: Nat, external: string): string {
  const isIndependent = nat.mapping === "endpoint-independent";
  if (!isIndependent && (nat.filtering !== "address-and-port-dependent" || nat.hairpins))
    throw new RangeError("a symmetric NAT here filters by address and port, and does not hairpin");
  const lifetime = `flags dynamic,timeout; timeout ${nat.lifetimeSeconds}s; size ${MAX_ENTRIES};`;
  const udp = "meta l4proto udp";
  const outgoing = `iifname ${LAN} oifname ${WAN}`;
  const inward = isIndependent ? [`iifname ${WAN}`] : [];
  if (nat.hairpins) inward.push(`iifname ${LAN}`);
  const outward = isIndependent ? [`oifname ${WAN}`] : [];
  if (nat.hairpins) outward.push(`iifname ${LAN} oifname ${LAN}`);
  const byPort = nat.filtering === "address-and-port-dependent";
  const remote = byPort ? " . inet_service" : "";
  const here = `ip saddr . udp sport . ip daddr${byPort ? " . udp dport" : ""}`;
  const there = `ip daddr . udp dport . ip saddr${byPort ? " . udp sport" : ""}`;
  const filters = isIndependent && nat.filtering !== "endpoint-independent";
  return `
table ip wavry {
  map external { type ipv4_addr . inet_service : inet_service; ${lifetime} }
  map internal { type inet_service : ipv4_addr . inet_service; ${lifetime} }
  set sent_to { type ipv4_addr . inet_service . ipv4_addr${remote}; ${lifetime} }
  chain arriving {
    type nat hook prerouting priority dstnat; policy accept;
    ${inward.map((from) => `${from} ip daddr ${external} ${udp} dnat ip to udp dport map @internal`).join("\n    ")}
  }
  chain passing {
    type filter hook forward priority filter; policy drop;
    ${nat.passesUdp ? "" : `${outgoing} tcp dport != 443 drop\n    ${outgoing} meta l4proto != tcp drop`}
    ${filters ? `iifname ${LAN} ${udp} update @sent_to { ${here} }` : ""}
    ${outgoing} accept
    ct state established,related accept
    ${filters ? `ct status dnat ${udp} ${there} @sent_to accept` : `ct status dnat ${udp} accept`}
  }
  chain leaving {
    type nat hook postrouting priority srcnat; policy accept;
    ${outward.map((to) => `${to} ${udp} snat ip to ${external} : ip saddr . udp sport map @external`).join("\n    ")}
    ${nat.hairpins ? `iifname ${LAN} oifname ${LAN} snat ip to ${external} random` : ""}
    oifname ${WAN} masquerade fully-random
  }
  chain learning {
    type filter hook postrouting priority srcnat + 100; policy accept;
    ${outward
      .flatMap((to) => {
        const opened = `${to} ${udp} ct direction original`;
        const answers = `${to} ${udp} ct direction reply`;
        return [
          `${opened} update @external { ct original ip saddr . ct original proto-src : udp sport }`,
          `${opened} update @internal { udp sport : ct original ip saddr . ct original proto-src }`,
          `${answers} update @external { ct reply ip saddr . ct reply proto-src : udp sport }`,
          `${answers} update @internal { udp sport : ct reply ip saddr . ct reply proto-src }`,
        ];
      })
      .join("\n    ")}
  }
  chain own {
    type filter hook input priority filter; policy drop;
    iifname lo accept
    ip protocol icmp accept
    ct state established,related accept
  }
}
`;
}

/** A firewall of IPv6 as in homes: out goes everything, in come answers alone. */
export function firewallRules(passesUdp: boolean): string {
  const outgoing = `iifname ${LAN} oifname ${WAN}`;
  return `
table ip6 wavry {
  chain passing {
    type filter hook forward priority filter; policy drop;
    ${passesUdp ? "" : `${outgoing} tcp dport != 443 drop\n    ${outgoing} meta l4proto != tcp drop`}
    ${outgoing} accept
    ct state established,related accept
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded } accept
  }
}
`;
}
