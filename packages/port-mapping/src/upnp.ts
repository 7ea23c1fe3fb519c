import { type PortMapping, PortMappingError } from "./port-mapping.ts";

const PATIENCE_MS = 5_000;
const STOP_MS = 1_000;

/**
 * Asks the routers of this network by UPnP, through a library, for a UDP port. The router forgets it an hour after it was last renewed: the library
 * does not give it back. Rejects with PortMappingError or the library's errors.
 */
export async function upnpMapping(port: number, signal: AbortSignal): Promise<PortMapping> {
  const { upnpNat } = await import("@achingbrain/nat-port-mapper");
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const network = upnpNat({ description: "wavry", autoRefresh: true });
  for await (const router of network.findGateways({ signal: patience })) {
    if (router.family !== "IPv4") continue;
    const stop = async (): Promise<void> => {
      await router.stop({ signal: AbortSignal.timeout(STOP_MS) }).catch(() => {});
    };
    try {
      for await (const mapping of router.mapAll(port, { protocol: "udp", signal: patience })) {
        const { externalHost: address, externalPort } = mapping;
        return { way: "upnp", address, port: externalPort, [Symbol.asyncDispose]: stop };
      }
      throw new PortMappingError("refused", "the router opened no port");
    } catch (error) {
      await stop();
      throw error;
    }
  }
  throw new PortMappingError("no-answer", "no router answers");
}
