import type { GrantClaims } from "@wavry/signaling";
import { GrantError } from "./grant-error.ts";
import { CLOCK_LEEWAY_SECONDS } from "./verify-grant.ts";

/** More grants than that at a time are no people. */
const MAX_GRANTS = 10_000;

/** Remembers which grants opened a session, as long as they could open another one. Bounded. */
export class UsedGrants {
  /** `jti` → seconds since 1970 at which it may be forgotten. */
  readonly #used = new Map<string, number>();

  /** Uses a grant up. Throws GrantError "used" for the second time, and where too many are remembered. `now`: milliseconds since 1970. */
  use({ jti, exp }: Pick<GrantClaims, "jti" | "exp">, now: number): void {
    const seconds = Math.floor(now / 1_000);
    if (this.#used.size >= MAX_GRANTS)
      for (const [old, until] of this.#used) if (until <= seconds) this.#used.delete(old);
    if (this.#used.has(jti) || this.#used.size >= MAX_GRANTS)
      throw new GrantError("used", "this grant opened a session before; ask for another one");
    this.#used.set(jti, exp + CLOCK_LEEWAY_SECONDS);
  }
}
