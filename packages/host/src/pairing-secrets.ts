import { type Micros, SECOND } from "@wavry/rift-core";

/** How long a pairing link holds. */
export const PAIRING_SECRET_LIFETIME: Micros = 600 * SECOND;

/** At most this many links hold at once; the oldest goes first. */
const MAX_LIVE_SECRETS = 8;

/** The one-time pairing secrets that are live now. */
export class PairingSecrets {
  readonly #secrets: { readonly secret: Uint8Array; readonly expiresAt: Micros }[] = [];

  /** Makes `secret` (16 random bytes, owned) live; gives the time at which it expires. */
  add(secret: Uint8Array, now: Micros): Micros {
    const expiresAt = now + PAIRING_SECRET_LIFETIME;
    this.#secrets.push({ secret, expiresAt });
    if (this.#secrets.length > MAX_LIVE_SECRETS) this.#secrets.shift()?.secret.fill(0);
    return expiresAt;
  }

  /** The secrets that are live at `now`. */
  live(now: Micros): Uint8Array[] {
    this.#drop(({ expiresAt }) => expiresAt <= now);
    return this.#secrets.map(({ secret }) => secret);
  }

  /** Ends a secret once it has paired a device. */
  use(secret: Uint8Array): void {
    this.#drop((held) => held.secret.every((byte, index) => byte === secret[index]));
  }

  #drop(ended: (held: { secret: Uint8Array; expiresAt: Micros }) => boolean): void {
    for (let index = this.#secrets.length - 1; index >= 0; index--) {
      const held = this.#secrets[index];
      if (held === undefined || !ended(held)) continue;
      this.#secrets.splice(index, 1);
      held.secret.fill(0);
    }
  }
}
