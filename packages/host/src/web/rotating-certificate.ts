import type { WebCertificate } from "@wavry/web-transport";

const DAY_MILLIS = 86_400_000;
/** A certificate is good for 13 days: at most 6 as the next one and 6 in use. */
const TURN_MILLIS = 6 * DAY_MILLIS;
/** One that ends sooner is not taken into use, nor used any more. */
const MIN_LEFT_MILLIS = DAY_MILLIS;

/**
 * The certificate in use and the one to follow. Browsers are told of both, so that what one was told stays true when the next one
 * takes over.
 */
export class RotatingCertificate {
  readonly #create: () => WebCertificate;
  readonly #now: () => number;
  #current: WebCertificate;
  #next: WebCertificate;
  #turnAt: number;

  /** `now`: milliseconds since 1970. */
  constructor(create: () => WebCertificate, now: () => number) {
    this.#create = create;
    this.#now = now;
    this.#current = create();
    this.#next = create();
    this.#turnAt = now() + TURN_MILLIS;
  }

  get current(): WebCertificate {
    return this.#current;
  }

  /** SHA-256 of the certificate in use and of the next one, 32 bytes each. */
  get hashes(): readonly Uint8Array[] {
    return [this.#current.sha256, this.#next.sha256];
  }

  /** When `turn` does something, in milliseconds since 1970. */
  get turnAt(): number {
    return this.#turnAt;
  }

  /** Takes the next one into use where it is time. True: the one in use has changed. */
  turn(): boolean {
    const now = this.#now();
    // A clock that was set back by far would let it run out.
    if (now < this.#turnAt && this.#turnAt - now <= TURN_MILLIS) return false;
    this.#current = this.#next.notAfter - now > MIN_LEFT_MILLIS ? this.#next : this.#create();
    this.#next = this.#create();
    this.#turnAt = Math.min(now + TURN_MILLIS, this.#current.notAfter - MIN_LEFT_MILLIS);
    return true;
  }
}
