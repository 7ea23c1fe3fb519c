import { readFile } from "node:fs/promises";
import type { Gateway } from "@achingbrain/nat-port-mapper";

const PATIENCE_MS = 5_000;
const STOP_MS = 1_000;
const DESCRIPTION = "wavry";

/** A port that a router has opened; renewed until it is disposed. */
export interface PortMapping extends AsyncDisposable {
  /** The router's address outside. */
  readonly address: string;
  readonly port: number;
}

/** Asks the router for a UDP port that leads to this machine's `port`, by NAT-PMP and by UPnP. Rejects where it does neither. */
export async function mapPort(port: number, givenUp: AbortSignal): Promise<PortMapping> {
  const { pmpNat, upnpNat } = await import("@achingbrain/nat-port-mapper");
  const settings = { description: DESCRIPTION, autoRefresh: true };
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, givenUp, AbortSignal.timeout(PATIENCE_MS)]);
  const byPmp = async (): Promise<PortMapping> => {
    const router = await defaultRouter();
    if (router === undefined) throw new Error("no router is known");
    return await mapAt(pmpNat(router, settings), port, signal);
  };
  const byUpnp = async (): Promise<PortMapping> => {
    for await (const router of upnpNat(settings).findGateways({ signal }))
      if (router.family === "IPv4") return await mapAt(router, port, signal);
    throw new Error("no router answers");
  };
  const asked = [byPmp(), byUpnp()];
  try {
    const first = await Promise.any(asked);
    done.abort();
    // What the other way opened meanwhile is not needed.
    for (const other of asked)
      void other.then(
        async (mapping) => {
          if (mapping !== first) await mapping[Symbol.asyncDispose]();
        },
        () => {},
      );
    return first;
  } finally {
    done.abort();
  }
}

async function mapAt(router: Gateway, port: number, signal: AbortSignal): Promise<PortMapping> {
  const stop = async (): Promise<void> => {
    await router.stop({ signal: AbortSignal.timeout(STOP_MS) }).catch(() => {});
  };
  try {
    for await (const mapping of router.mapAll(port, { protocol: "udp", signal })) {
      const { externalHost: address, externalPort } = mapping;
      return { address, port: externalPort, [Symbol.asyncDispose]: stop };
    }
    throw new Error("the router opened no port");
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The router of this machine's IPv4, as Linux tells it; undefined elsewhere. */
async function defaultRouter(): Promise<string | undefined> {
  const table = await readFile("/proc/net/route", "ascii").catch(() => "");
  for (const line of table.split("\n").slice(1)) {
    const [, destination, router] = line.split("\t");
    if (destination !== "00000000" || router === undefined) continue;
    const bytes = router.match(/../g)?.map((byte) => Number.parseInt(byte, 16));
    if (bytes?.length === 4) return bytes.toReversed().join(".");
  }
  return undefined;
}
