import { parseStunUrl, STUN_PORT } from "@wavry/stun";
import { parsePort } from "../config/parse-settings.ts";
import type { Settings } from "../config/settings.ts";
import type { GatewayConfig } from "../gateway-config.ts";
import type { IceConfig, OwnStunConfig } from "./ice-config.ts";

/** Hosts that are this machine to whoever reads them. */
const LOOPBACK = /^(?:localhost|.*\.localhost|127\..*|\[::1\])$/;

/**
 * Whether the gateway runs a STUN server: WAVRY_STUN_PORT says so, or "off" (or 0). Without it there is one on 3478 where it helps: not on a
 * gateway for its own machine only, not beside other replicas, whose one name leads elsewhere, and not in the place of a
 * server that the settings name. Throws ConfigError.
 */
export function readOwnStun(
  settings: Settings,
  known: Pick<GatewayConfig, "publicUrl" | "redisUrl"> & { readonly ice: IceConfig | undefined },
): OwnStunConfig | undefined {
  const setting = settings.find(["WAVRY_STUN_PORT"]);
  if (setting !== undefined) {
    const port = setting.text === "off" ? 0 : parsePort(setting);
    return port === 0 ? undefined : { port, required: true };
  }
  const { publicUrl, redisUrl, ice } = known;
  const host = publicUrl.hostname;
  if (LOOPBACK.test(host) || redisUrl !== undefined) return undefined;
  const named = [...(ice?.stunUrls ?? []), ...(ice?.turn?.urls ?? [])].some((url) => {
    const server = parseStunUrl(url.replace(/^(?:stun|turn)s?:/, "").replace(/\?.*$/, ""));
    return server?.port === STUN_PORT && server.host === host.replace(/^\[(.*)\]$/, "$1");
  });
  return named ? undefined : { port: STUN_PORT, required: false };
}
