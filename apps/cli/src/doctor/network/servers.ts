import { GatewayClient } from "@wavry/gateway-client";
import type { RelayOffer } from "@wavry/signaling";
import { formatStunUrl, parseStunUrl, STUN_PORT } from "@wavry/stun";
import {
  chooseGateway,
  gatewayClient,
  gatewayUrl,
  openCredentials,
} from "../../gateway/signed-in.ts";

/** Whom to ask, as the command line and a gateway name them. */
export interface NetworkServers {
  /** "stun:host:port". */
  readonly stun: readonly string[];
  /** "host:port" or "wss://…". */
  readonly relays: readonly string[];
  readonly gateway: GatewayAnswer | undefined;
}

/** A gateway, reached over TCP. */
export interface GatewayAnswer {
  readonly url: string;
  /** Undefined: it was not reached. */
  readonly rttMs: number | undefined;
  readonly reason: string | undefined;
}

const MAX_STUN = 8;
const MAX_RELAYS = 8;

/** Gathers the servers; a gateway that is not reached is told of, and names none. Throws CommandError for a choice that cannot be made. */
export async function findServers(
  options: {
    readonly gateway: string | undefined;
    readonly stun: readonly string[];
    readonly relays: readonly string[];
  },
  signal: AbortSignal,
): Promise<NetworkServers> {
  const { gateway, stun, relays } = options;
  const named = gateway ?? process.env.WAVRY_GATEWAY_URL ?? "";
  const isKnown = openCredentials().list().length > 0;
  if (named === "" && (!isKnown || stun.length + relays.length > 0))
    return { stun, relays, gateway: undefined };
  const start = performance.now();
  try {
    const offered = await askGateway(named, signal);
    const rttMs = Math.round((performance.now() - start) * 100) / 100;
    return {
      stun: [...new Set([...stun, ...offered.stun])].slice(0, MAX_STUN),
      relays: [...new Set([...relays, ...offered.relays])].slice(0, MAX_RELAYS),
      gateway: { url: offered.url, rttMs, reason: undefined },
    };
  } catch (error) {
    const url = named === "" ? chooseGateway(undefined).url : named;
    const reason = (error as Error).message;
    return { stun, relays, gateway: { url, rttMs: undefined, reason } };
  }
}

async function askGateway(
  named: string,
  signal: AbortSignal,
): Promise<{ url: string; stun: string[]; relays: string[] }> {
  const url = named === "" ? undefined : gatewayUrl(named);
  if (url !== undefined && openCredentials().load(url) === undefined) {
    // A stranger is told no servers; the gateway's own is where a gateway has it.
    await new GatewayClient({ url }).document(signal);
    return {
      url,
      stun: [formatStunUrl({ host: new URL(url).hostname, port: STUN_PORT })],
      relays: [],
    };
  }
  const credentials = chooseGateway(url);
  const client = gatewayClient(credentials);
  const [{ iceServers }, relays] = await Promise.all([
    client.iceServers(signal),
    client.relays(signal),
  ]);
  const stun = iceServers
    .flatMap(({ urls }) => urls)
    .filter((each) => parseStunUrl(each) !== undefined);
  return { url: credentials.url, stun, relays: relays.flatMap(doorsOf) };
}

function doorsOf({ addresses, tls }: RelayOffer): string[] {
  const udp = addresses.map(({ address, port }) =>
    address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`,
  );
  return [...udp, ...(tls === undefined ? [] : [tls])];
}
