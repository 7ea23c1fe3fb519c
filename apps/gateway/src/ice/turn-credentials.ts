import { createHmac } from "node:crypto";

/** What a TURN server lets somebody in with, for a while. */
export interface TurnCredentials {
  readonly username: string;
  readonly credential: string;
}

/**
 * Credentials that a TURN server checks by itself (draft-uberti-behave-turn-rest-00 §2.2): the username says when they end
 * and whose they are, the password is its HMAC-SHA-1 under the shared secret.
 */
export function turnCredentials(options: {
  readonly secret: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** For the server's log and limits; without ":". */
  readonly subject: string;
}): TurnCredentials {
  const { secret, expiresAt, subject } = options;
  const username = `${Math.floor(expiresAt / 1000)}:${subject}`;
  return { username, credential: createHmac("sha1", secret).update(username).digest("base64") };
}
