import {
  equalBytes,
  type Micros,
  PACKET_HEADER_BYTES,
  PACKET_TAG_BYTES,
  PATH_PROBE_BYTES,
  PATH_TOKEN_BYTES,
} from "@wavry/rift-core";
import type { Address } from "./admission.ts";
import { BOUNDS, TIMES } from "./constants.ts";

/** A challenge as a datagram. */
const CHALLENGE_BYTES = PACKET_HEADER_BYTES + PATH_PROBE_BYTES + PACKET_TAG_BYTES;

/**
 * Finds out whether a peer has moved. An authentic packet from another address proves little: whoever sees packets can
 * hold one back and send it on from elsewhere. So the new address has to bring back a number that only the peer can read,
 * and is never sent more bytes than have come from it.
 */
export class PathValidator {
  readonly #randomBytes: (length: number) => Uint8Array;
  #candidate: Address | undefined;
  #token: Uint8Array = new Uint8Array(PATH_TOKEN_BYTES);
  #sends = 0;
  #sendAt: Micros = Infinity;
  #until: Micros = Infinity;
  /** Bytes that came from the candidate, less those that went there. */
  #creditBytes = 0;

  constructor(randomBytes: (length: number) => Uint8Array) {
    this.#randomBytes = randomBytes;
  }

  /** The address that is being asked; undefined: none. */
  get candidate(): Address | undefined {
    return this.#candidate;
  }

  /** An authentic datagram of so many bytes came from another address than usual; `isNewest`: no newer one came before. */
  notice({ address, port }: Address, bytes: number, isNewest: boolean, now: Micros): void {
    const candidate = this.#candidate;
    if (candidate !== undefined) {
      // One at a time, so that a stranger cannot keep the peer's real new address from being asked for ever.
      if (candidate.address === address && candidate.port === port) this.#creditBytes += bytes;
      return;
    }
    if (!isNewest || bytes < CHALLENGE_BYTES) return;
    this.#candidate = { address, port };
    this.#token = this.#randomBytes(PATH_TOKEN_BYTES);
    this.#creditBytes = bytes;
    this.#sends = 0;
    this.#sendAt = now;
    this.#until = now + BOUNDS.pathChallenges * TIMES.pathChallengeMicros;
  }

  /** The token to send to the candidate now; undefined: none is due. */
  poll(now: Micros): Uint8Array | undefined {
    if (now >= this.#until) this.forget();
    if (now < this.#sendAt || !this.#mayAsk) return undefined;
    this.#sends++;
    this.#creditBytes -= CHALLENGE_BYTES;
    this.#sendAt = now + TIMES.pathChallengeMicros;
    return this.#token;
  }

  pollTimeout(): Micros {
    return this.#mayAsk ? Math.min(this.#sendAt, this.#until) : this.#until;
  }

  /** Takes an answer. True: the peer is at the candidate. */
  isProvenBy(token: Uint8Array): boolean {
    return this.#candidate !== undefined && equalBytes(token, this.#token);
  }

  /** Asks no more. */
  forget(): void {
    this.#candidate = undefined;
    this.#creditBytes = 0;
    this.#sendAt = Infinity;
    this.#until = Infinity;
  }

  get #mayAsk(): boolean {
    return this.#creditBytes >= CHALLENGE_BYTES && this.#sends < BOUNDS.pathChallenges;
  }
}
