import { MAX_STUN_SERVERS, type ServerAddress } from "@wavry/signaling";
import { parseStunUrl } from "@wavry/stun";
import type { Context } from "../context.ts";

/** Where devices ask from where they are seen: this gateway's own server first, then those of the settings. */
export function stunServers({
  config,
  ownStunUrls,
}: Pick<Context, "config" | "ownStunUrls">): ServerAddress[] {
  return [...ownStunUrls, ...(config.ice?.stunUrls ?? [])]
    .flatMap((url) => {
      // Devices speak plain STUN over UDP.
      const server = url.startsWith("stun:") ? parseStunUrl(url.slice("stun:".length)) : undefined;
      return server === undefined ? [] : [{ address: server.host, port: server.port }];
    })
    .slice(0, MAX_STUN_SERVERS);
}
