import { monotonicMicros } from "@wavry/rift-udp";
import type { GrantClaims } from "@wavry/signaling";
import type { Guest } from "./guests.ts";

/** A clock that is a little ahead must not shut the door before the guest is there. */
const MIN_ADMIT_MICROS = 30_000_000;

/** The guest that a checked grant names. Times of the gateway's clock become times of ours, which nobody turns. */
export function guestOf(
  claims: GrantClaims,
  checked: { staticKey: Uint8Array; name: string; ask: boolean; now: number },
): Guest {
  const { staticKey, name, ask, now } = checked;
  const at = monotonicMicros();
  const micros = (seconds: number) => at + Math.max(0, seconds * 1_000 - now) * 1_000;
  return {
    sessionId: claims.jti,
    wavryId: claims.sub,
    staticKey,
    name,
    rights: new Set(claims.rights),
    ask,
    // The leeway for clocks is behind us once the grant was accepted.
    admitUntil: Math.max(micros(claims.exp), at + MIN_ADMIT_MICROS),
    endsAt: micros(claims.until),
  };
}
