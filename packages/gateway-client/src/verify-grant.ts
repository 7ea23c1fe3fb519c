import { GRANT_SECONDS, GRANT_TYPE, GrantClaims } from "@wavry/signaling";
import { compactVerify, errors, importJWK } from "jose";
import { Compile } from "typebox/compile";
import { GrantError } from "./grant-error.ts";

/** How far the gateway's clock and the host's may be apart. */
export const CLOCK_LEEWAY_SECONDS = 60;

const MAX_GRANT_LENGTH = 2_048;
const checkClaims = Compile(GrantClaims);

/** What a grant must be for. */
export interface GrantExpectation {
  /** The gateway's key, Ed25519, base64url: pinned at enrolment. */
  readonly key: string;
  /** The gateway's issuer: pinned at enrolment. */
  readonly issuer: string;
  /** This host's Wavry ID. */
  readonly hostId: string;
  /** The Wavry ID that the client proved in its handshake; undefined where that is checked later. */
  readonly clientId?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Checks a grant as a host must: EdDSA by the pinned key and nothing else, of this gateway, for this host and this client,
 * now. That it is used once is for UsedGrants to say. Rejects with GrantError.
 */
export async function verifyGrant(token: string, expected: GrantExpectation): Promise<GrantClaims> {
  const claims = await readClaims(token, expected.key);
  const { issuer, hostId, clientId } = expected;
  if (claims.iss !== issuer)
    throw new GrantError("wrong-gateway", "this grant is of another gateway");
  if (claims.aud !== hostId) throw new GrantError("wrong-host", "this grant is for another host");
  if (clientId !== undefined && claims.sub !== clientId)
    throw new GrantError("wrong-client", "this grant is for another client");
  checkTimes(claims, Math.floor(expected.now / 1_000));
  return claims;
}

async function readClaims(token: string, key: string): Promise<GrantClaims> {
  if (token.length > MAX_GRANT_LENGTH) throw malformed();
  const jwk = { kty: "OKP", crv: "Ed25519", x: key };
  let payload: Uint8Array;
  try {
    const verified = await compactVerify(token, await importJWK(jwk, "EdDSA"), {
      algorithms: ["EdDSA"],
    });
    const { typ, crit } = verified.protectedHeader;
    if (typ !== GRANT_TYPE || crit !== undefined) throw malformed();
    payload = verified.payload;
  } catch (cause) {
    if (cause instanceof GrantError) throw cause;
    if (cause instanceof errors.JWSSignatureVerificationFailed)
      throw new GrantError("wrong-signature", "this grant is not signed by the pinned gateway", {
        cause,
      });
    throw malformed(cause);
  }
  const claims = parse(payload);
  if (!checkClaims.Check(claims)) throw malformed();
  return claims as GrantClaims;
}

function checkTimes({ iat, exp, until }: GrantClaims, now: number): void {
  if (exp - iat > GRANT_SECONDS || iat > now + CLOCK_LEEWAY_SECONDS)
    throw new GrantError(
      "expired",
      "this grant is not of this time; are the clocks of host and gateway right?",
    );
  if (exp + CLOCK_LEEWAY_SECONDS <= now || until <= now)
    throw new GrantError("expired", "this grant is over; ask for another one");
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch (cause) {
    throw malformed(cause);
  }
}

function malformed(cause?: unknown): GrantError {
  return new GrantError("malformed", "this is no grant", cause === undefined ? {} : { cause });
}
