import type { StunEvent } from "./client.ts";
import { parseIp } from "./ip-address.ts";
import { sameTransportAddress } from "./transport-address.ts";

/**
 * How a NAT maps a socket (RFC 4787 §4.1): to one address whomever it talks to, or to another for other peers, where an address that a server
 * saw is of no use to anybody else ("symmetric").
 */
export type NatMapping = "endpoint-independent" | "endpoint-dependent";

/** What answers of several servers to one socket of each family say; undefined where no two servers of a family answered. */
export function natMapping(events: readonly StunEvent[]): NatMapping | undefined {
  const mapped = events.filter((event) => event.type === "mapped");
  let compared = false;
  for (const one of mapped)
    for (const other of mapped) {
      if (sameTransportAddress(one.server, other.server)) continue;
      if (parseIp(one.server.address)?.length !== parseIp(other.server.address)?.length) continue;
      if (!sameTransportAddress(one.mapped, other.mapped)) return "endpoint-dependent";
      compared = true;
    }
  return compared ? "endpoint-independent" : undefined;
}
