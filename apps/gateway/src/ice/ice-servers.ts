import type { IceServers } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { turnCredentials } from "./turn-credentials.ts";

/** How long credentials let new relays be opened; one that is open goes on. */
const CREDENTIALS_MS = 3_600_000;

/** The servers for who asks, with credentials of their own. `endsAt`: when their right to be here ends, if it does. */
export function iceServersFor(
  { config, ownStunUrl, now }: Pick<Context, "config" | "ownStunUrl" | "now">,
  { subject, endsAt }: { readonly subject: string; readonly endsAt?: number },
): IceServers {
  const { stunUrls: others = [], turn } = config.ice ?? {};
  const stunUrls = ownStunUrl === undefined ? others : [ownStunUrl, ...others];
  const stun = stunUrls.length === 0 ? [] : [{ urls: [...stunUrls] }];
  if (turn === undefined) return { iceServers: stun, expiresAt: null };
  const expiresAt = Math.min(now() + CREDENTIALS_MS, endsAt ?? Number.POSITIVE_INFINITY);
  const credentials = turnCredentials({ secret: turn.secret, expiresAt, subject });
  return { iceServers: [...stun, { urls: [...turn.urls], ...credentials }], expiresAt };
}
