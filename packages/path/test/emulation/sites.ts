import { Machine } from "./internet.ts";
import { Firewall, Nat, type NatHabits, Wall } from "./nat.ts";

/** The kinds of sites of docs/nat.md. */
export const SITE_KINDS = [
  "none",
  "full-cone",
  "address-restricted",
  "port-restricted",
  "symmetric",
  "double-nat",
  "udp-blocked",
  "ipv6-only",
] as const;
export type SiteKind = (typeof SITE_KINDS)[number];

const HABITS: Readonly<Record<string, NatHabits>> = {
  "full-cone": { mapping: "independent", filtering: "none" },
  "address-restricted": { mapping: "independent", filtering: "address" },
  "port-restricted": { mapping: "independent", filtering: "port" },
  symmetric: { mapping: "dependent", filtering: "port" },
};

/** A machine at a site of this kind; the number tells sites apart. */
export function site(kind: SiteKind, number: number): Machine {
  const outside = `203.0.113.${number}`;
  switch (kind) {
    case "none":
      return new Machine([outside, `2001:db8::${number}`], []);
    case "udp-blocked":
      return new Machine([outside], [new Wall()]);
    case "ipv6-only":
      return new Machine([`2001:db8::${number}`], [new Firewall()]);
    case "double-nat": {
      const habits = HABITS["port-restricted"]!;
      const home = new Nat(`100.64.${number}.1`, habits, 30_000);
      return new Machine([`192.168.${number}.2`], [home, new Nat(outside, habits)]);
    }
    default:
      return new Machine([`192.168.${number}.2`], [new Nat(outside, HABITS[kind]!)]);
  }
}
