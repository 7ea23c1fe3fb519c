import Type from "typebox";
import { type Message, message } from "./message.ts";
import { type Right, Rights } from "./rights.ts";

/** The JWS `typ` of a grant. */
export const GRANT_TYPE = "wavry-grant+jwt";
/** How long a grant may wait to be used, seconds. */
export const GRANT_SECONDS = 120;

/**
 * What the gateway signs (JWS, EdDSA) so that one client may open a session on one host. The host checks it itself: a
 * lying gateway can refuse, but a grant names keys, so it cannot put itself in between.
 */
export interface GrantClaims {
  /** The gateway's public URL. */
  iss: string;
  /** The client's Wavry ID. */
  sub: string;
  /** The host's Wavry ID. */
  aud: string;
  /** The session's ID; a grant opens one session once. */
  jti: string;
  /** Seconds since 1970. */
  iat: number;
  /** Until when the session must have begun, seconds since 1970; at most GRANT_SECONDS after `iat`. */
  exp: number;
  /** When the session ends at the latest, seconds since 1970. */
  until: number;
  rights: Right[];
  /** The person at the host is asked before anything is shown. */
  ask: boolean;
  /** Who comes, for the prompt and the log: a display name, never trusted for a decision. */
  name: string;
}

/** Schema of the claims. */
export const GrantClaims: Message<GrantClaims> = message(
  Type.Object(
    {
      iss: Type.String({ maxLength: 300 }),
      sub: Type.String({ maxLength: 100 }),
      aud: Type.String({ maxLength: 100 }),
      jti: Type.String({ maxLength: 64 }),
      iat: Type.Integer({ minimum: 0 }),
      exp: Type.Integer({ minimum: 0 }),
      until: Type.Integer({ minimum: 0 }),
      rights: Rights,
      ask: Type.Boolean(),
      name: Type.String({ maxLength: 100 }),
    },
    { additionalProperties: true },
  ),
);
