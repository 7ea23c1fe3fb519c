import { equalBytes, type Micros, PATH_TOKEN_BYTES } from "@wavry/rift-core";
import type { Address } from "./admission.ts";
import { BOUNDS, TIMES } from "./constants.ts";

/**
 * Finds out whether a peer has moved. An authentic packet from another address proves little: whoever sees packets can
 * hold one back and send it on from elsewhere. So the new address has to bring back a number that only the peer can read.
 */
export class PathValidator {
  readonly #randomBytes: (length: number) => Uint8Array;
  #candidate: Address | undefined;
  #token: Uint8Array = new Uint8Array(PATH_TOKEN_BYTES);
  #sends = 0;
  #sendAt: Micros = Infinity;

  constructor(randomBytes: (length: number) => Uint8Array) {
    this.#randomBytes = randomBytes;
  }

  /** The address that is being asked; undefined: none. */
  get candidate(): Address | undefined {
    return this.#candidate;
  }

  /** A packet that is newer than all before came from another address than usual. */
  notice({ address, port }: Address, now: Micros): void {
    // One at a time, so that a stranger cannot keep the peer's real new address from being asked for ever.
    if (this.#candidate !== undefined) return;
    this.#candidate = { address, port };
    this.#token = this.#randomBytes(PATH_TOKEN_BYTES);
    this.#sends = 0;
    this.#sendAt = now;
  }

  /** The token to send to the candidate now; undefined: none is due. */
  poll(now: Micros): Uint8Array | undefined {
    if (now < this.#sendAt) return undefined;
    if (this.#sends >= BOUNDS.pathChallenges) {
      this.forget();
      return undefined;
    }
    this.#sends++;
    this.#sendAt = now + TIMES.pathChallengeMicros;
    return this.#token;
  }

  pollTimeout(): Micros {
    return this.#sendAt;
  }

  /** Takes an answer. True: the peer is at the candidate. */
  isProvenBy(token: Uint8Array): boolean {
    return this.#candidate !== undefined && equalBytes(token, this.#token);
  }

  /** Asks no more. */
  forget(): void {
    this.#candidate = undefined;
    this.#sendAt = Infinity;
  }
}
