import { formatStunUrl } from "@wavry/stun";
import { StunError, StunSocket } from "@wavry/stun/node";
import type { Logger } from "pino";
import type { GatewayConfig } from "../gateway-config.ts";
import type { Metrics } from "../operation/metrics.ts";

/** A gateway's own STUN server. */
export interface OwnStun extends AsyncDisposable {
  /** How it is named to those who ask for ICE servers: by the gateway's public host. */
  readonly url: string;
  /** The same at its second port, by which devices find out what kind of NAT they are behind; undefined where that port is not free. */
  readonly secondUrl: string | undefined;
}

/**
 * Opens the STUN server that the settings ask for, on every address of the machine. Undefined: none is wanted, or the port of one that
 * is only there by default cannot be opened, which the log tells. Rejects with StunError where it was asked for by name.
 */
export async function openOwnStun(
  { stun, publicUrl }: Pick<GatewayConfig, "stun" | "publicUrl">,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): Promise<OwnStun | undefined> {
  if (stun === undefined) return undefined;
  let socket: StunSocket;
  try {
    socket = await openSocket(stun.port);
  } catch (cause) {
    if (!(cause instanceof StunError)) throw cause;
    const { code, message } = cause;
    if (stun.required)
      throw new StunError(
        code,
        `STUN: ${message} by WAVRY_STUN_PORT, or do without by WAVRY_STUN_PORT=off`,
        { cause },
      );
    log.warn(
      { reason: message },
      "no STUN server here; WAVRY_STUN_PORT=off says that none is meant",
    );
    return undefined;
  }
  const url = formatStunUrl({ host: publicUrl.hostname, port: socket.addresses[0]!.port });
  const second = socket.secondAddresses[0]?.port;
  const secondUrl =
    second === undefined ? undefined : formatStunUrl({ host: publicUrl.hostname, port: second });
  log.info({ url, secondUrl }, "STUN server");
  for (const [name, help] of COUNTERS)
    metrics.gauge(
      `wavry_stun_${snake(name)}`,
      `STUN datagrams since the start: ${help}`,
      () => socket.counters[name],
    );
  return { url, secondUrl, [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose]() };
}

/** With the port after it where that is free. */
async function openSocket(port: number): Promise<StunSocket> {
  const listen = [{ port }];
  if (port !== 65_535)
    try {
      return await StunSocket.open({ listen, secondPort: port === 0 ? 0 : port + 1 });
    } catch (cause) {
      // The first may be the one that is taken: then what follows says so.
      if (!(cause instanceof StunError) || cause.code !== "port-in-use") throw cause;
    }
  return StunSocket.open({ listen });
}

const COUNTERS = [
  ["received", "all"],
  ["answered", "requests that were answered"],
  ["refused", "requests that were answered with an error"],
  ["malformed", "no STUN, or badly formed"],
  ["ignored", "no requests"],
  ["limitedByNetwork", "requests of networks that had enough replies"],
  ["limitedInTotal", "requests beyond what is answered in all"],
  ["unsent", "replies that the system did not take"],
] as const;

/** limitedByNetwork → limited_by_network */
function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
