import { formatStunUrl } from "@wavry/stun";
import { StunError, StunSocket } from "@wavry/stun/node";
import type { Logger } from "pino";
import type { GatewayConfig } from "../gateway-config.ts";
import type { Metrics } from "../operation/metrics.ts";

/** A gateway's own STUN server. */
export interface OwnStun extends AsyncDisposable {
  /** How it is named to those who ask for ICE servers: by the gateway's public host. */
  readonly url: string;
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
    socket = await StunSocket.open({ listen: [{ port: stun.port }] });
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
  log.info({ url }, "STUN server");
  for (const [name, help] of COUNTERS)
    metrics.gauge(
      `wavry_stun_${snake(name)}`,
      `STUN datagrams since the start: ${help}`,
      () => socket.counters[name],
    );
  return { url, [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose]() };
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
