import { defaultRouter } from "./default-router.ts";
import { pcpMapping } from "./pcp.ts";
import { pmpMapping } from "./pmp.ts";
import { type PortMapping, PortMappingError, type PortMappingWay } from "./port-mapping.ts";
import { upnpMapping } from "./upnp.ts";

/** How to ask. */
export interface MapPortOptions {
  /** Default: all, in this order, as all of one router would be the same port of it. */
  readonly ways?: readonly PortMappingWay[] | undefined;
}

/**
 * Asks the router for a UDP port that leads to this machine's `port`: by PCP, then by NAT-PMP, then by UPnP. Takes 9 s at most where none of
 * them answers. Rejects with PortMappingError, a refusal's before silence's; with the signal's reason when that aborts.
 */
export async function mapPort(
  port: number,
  signal: AbortSignal,
  { ways = ["pcp", "nat-pmp", "upnp"] }: MapPortOptions = {},
): Promise<PortMapping> {
  const router = await defaultRouter();
  let failure: PortMappingError | undefined;
  for (const way of ways) {
    signal.throwIfAborted();
    try {
      if (way === "upnp") return await upnpMapping(port, signal);
      if (router === undefined) continue;
      const ask = way === "pcp" ? pcpMapping : pmpMapping;
      return await ask({ router, port, signal });
    } catch (cause) {
      signal.throwIfAborted();
      const why = `${way}: ${(cause as Error).message}`;
      const code = cause instanceof PortMappingError ? cause.code : "no-answer";
      if (failure?.code !== "refused") failure = new PortMappingError(code, why, { cause });
    }
  }
  throw failure ?? new PortMappingError("no-answer", "no router is known");
}
