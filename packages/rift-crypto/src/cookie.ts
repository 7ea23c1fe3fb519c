import type { Micros } from "@wavry/rift-core";
import { equalBytes } from "./bytes.ts";
import { type CryptoSuite, KEY_BYTES } from "./crypto-suite.ts";

/** Bytes of a cookie. */
export const COOKIE_BYTES = 16;

/** How long a secret makes new cookies; a cookie holds for one to two such periods. */
export const COOKIE_PERIOD: Micros = 120_000_000;

/**
 * Makes and checks cookies without remembering anybody: a cookie shows that its bearer receives
 * at the address that it was made for (spec/rift-crypto.md §6).
 */
export class CookieJar {
  readonly #suite: CryptoSuite;
  #current: Uint8Array;
  #previous: Uint8Array;
  #rotatesAt: Micros;

  constructor(suite: CryptoSuite, now: Micros) {
    this.#suite = suite;
    this.#current = suite.randomBytes(KEY_BYTES);
    this.#previous = suite.randomBytes(KEY_BYTES);
    this.#rotatesAt = now + COOKIE_PERIOD;
  }

  /** The cookie for an address (any bytes that stand for it): `COOKIE_BYTES`, owned. */
  issue(address: Uint8Array, now: Micros): Uint8Array {
    this.#rotate(now);
    return this.#make(this.#current, address);
  }

  /** Whether the cookie was made for that address and not too long ago. */
  verify(cookie: Uint8Array, address: Uint8Array, now: Micros): boolean {
    this.#rotate(now);
    const fresh = equalBytes(cookie, this.#make(this.#current, address));
    const older = equalBytes(cookie, this.#make(this.#previous, address));
    return fresh || older;
  }

  #make(secret: Uint8Array, address: Uint8Array): Uint8Array {
    return this.#suite.hmacBlake2s(secret, address).slice(0, COOKIE_BYTES);
  }

  #rotate(now: Micros): void {
    if (now < this.#rotatesAt) return;
    // After two periods without a call the current secret is too old as well.
    const stale = now >= this.#rotatesAt + COOKIE_PERIOD;
    this.#suite.wipe(this.#previous);
    if (stale) this.#suite.wipe(this.#current);
    this.#previous = stale ? this.#suite.randomBytes(KEY_BYTES) : this.#current;
    this.#current = this.#suite.randomBytes(KEY_BYTES);
    this.#rotatesAt = now + COOKIE_PERIOD;
  }
}
