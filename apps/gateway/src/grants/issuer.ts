import type { GatewayConfig } from "../gateway-config.ts";

/** The gateway's name in grants and in what devices sign: its public URL without a slash at the end. */
export function issuerOf(config: GatewayConfig): string {
  return (config.publicUrl.origin + config.publicUrl.pathname).replace(/\/+$/, "");
}
