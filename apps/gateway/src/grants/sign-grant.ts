import { GRANT_SECONDS, GRANT_TYPE, type GrantClaims } from "@wavry/signaling";
import { SignJWT } from "jose";
import type { Context } from "../context.ts";
import type { Authority } from "./authority.ts";
import { issuerOf } from "./issuer.ts";

/** No session lasts for longer without a new grant. */
export const MAX_SESSION_MS: number = 24 * 3_600_000;
const MAX_NAME = 100;

/** What a grant is about. */
export interface GrantSubject {
  readonly sessionId: string;
  readonly clientId: string;
  readonly hostId: string;
  /** For people. */
  readonly name: string;
  readonly authority: Authority;
}

/** When a session that begins now ends at the latest, milliseconds since 1970. */
export function sessionEnd(context: Context, { endsAt }: Authority): number {
  return Math.min(context.now() + MAX_SESSION_MS, endsAt ?? Number.POSITIVE_INFINITY);
}

/** Signs a grant: compact JWS, EdDSA. */
export function signGrant(context: Context, subject: GrantSubject): Promise<string> {
  const { authority } = subject;
  const iat = Math.floor(context.now() / 1_000);
  const until = Math.floor(sessionEnd(context, authority) / 1_000);
  const claims: GrantClaims = {
    iss: issuerOf(context.config),
    sub: subject.clientId,
    aud: subject.hostId,
    jti: subject.sessionId,
    iat,
    exp: Math.min(iat + GRANT_SECONDS, until),
    until,
    rights: [...authority.rights],
    ask: authority.ask,
    name: [...subject.name].slice(0, MAX_NAME).join(""),
  };
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ: GRANT_TYPE })
    .sign(context.keys.signing);
}
