import { MILLISECOND } from "@wavry/rift-core";
import {
  type NatBehaviour,
  type StunTiming,
  sameTransportAddress,
  type TransportAddress,
} from "@wavry/stun";
import { askNatBehaviour, stunAddressesOf } from "@wavry/stun/node";

/** What is between this machine and one address of a server. */
export interface NatOfServer {
  readonly server: TransportAddress;
  /** Undefined where it did not answer. */
  readonly nat: NatBehaviour | undefined;
}

/** The kinds of sites of docs/nat.md, as far as one side can tell them. */
export type SiteName =
  | "none"
  | "firewall"
  | "full-cone"
  | "address-restricted"
  | "port-restricted"
  | "symmetric";

/** Silence is an answer here, and must not be that of a busy machine: four requests, given up after 3.45 s. */
const NAT_TIMING: StunTiming = {
  initialWait: 150 * MILLISECOND,
  requests: 4,
  lastWaitFactor: 16,
};

/** Asks each server over each family that it has. Rejects with StunError "unknown-host". */
export async function examineNats(
  servers: readonly string[],
  signal: AbortSignal | undefined,
): Promise<NatOfServer[]> {
  const all = (await Promise.all(servers.map(stunAddressesOf))).flat();
  const once = all.filter(
    (one, index) => all.findIndex((other) => sameTransportAddress(one, other)) === index,
  );
  return await Promise.all(
    once.map(async (server) => ({
      server,
      // A machine may have one family only.
      nat: await askNatBehaviour({ server, signal, timing: NAT_TIMING }).catch(() => undefined),
    })),
  );
}

/** What docs/nat.md calls it; undefined where the server did not help enough. */
export function siteName({ mapping, filtering }: NatBehaviour): SiteName | undefined {
  if (mapping === "none") {
    if (filtering === undefined) return undefined;
    return filtering === "endpoint-independent" || filtering === "port-independent"
      ? "none"
      : "firewall";
  }
  if (mapping === "address-dependent" || mapping === "address-and-port-dependent")
    return "symmetric";
  if (mapping === undefined) return undefined;
  switch (filtering) {
    case "endpoint-independent":
      return "full-cone";
    case "address-dependent":
    case "port-independent":
      return "address-restricted";
    case "address-and-port-dependent":
      return "port-restricted";
    case undefined:
      return undefined;
  }
}

/** For people, a line or two a server. */
export function natLines({ server, nat }: NatOfServer): string[] {
  if (nat === undefined) return [];
  const family = server.address.includes(":") ? "IPv6" : "IPv4";
  const habits = `${family}: mapping ${habit(nat.mapping)}, filtering ${habit(nat.filtering)}`;
  const name = siteName(nat);
  return [name === undefined ? habits : `${habits}: ${MEANING[name]}`];
}

/** What a kind means for sessions (docs/nat.md, "What theory allows"). */
export const MEANING: Readonly<Record<SiteName, string>> = {
  none: "no NAT; everybody gets through to this machine directly",
  firewall: "no NAT, but a firewall that lets answers in alone; two such reach each other directly",
  "full-cone": "an open NAT (full cone); everybody gets through to this machine directly",
  "address-restricted":
    "a NAT that lets in whom this machine has sent to; a direct path to every usual network",
  "port-restricted":
    "a usual NAT (port-restricted); a direct path to all networks but symmetric ones, to which a relay is needed",
  symmetric:
    "a symmetric NAT: another port for each destination; a direct path to open networks only, and two such networks need a relay",
};

function habit(kind: NatBehaviour["mapping"]): string {
  return kind ?? "not known (the server does not help to tell)";
}
