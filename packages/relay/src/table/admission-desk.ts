import { type Micros, WireError } from "@wavry/rift-core";
import { CookieJar, type CryptoSuite, HandshakeError } from "@wavry/rift-crypto";
import { type Address, cookieSubject, networkOf } from "../address.ts";
import { RELAY_SUPPLIES } from "../constants.ts";
import { type Lease, RelaySide, readLease, verifyLease } from "../lease.ts";
import { type OpenedAdmission, openAdmission, readAdmissionHead } from "../wire/admission.ts";
import { readHello, writeChallenge } from "../wire/hello.ts";
import type { RelayCounters } from "./counters.ts";
import type { Parties, Party } from "./parties.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Who a relay is. The static key opens admissions and nothing else. */
export interface RelayIdentity {
  /** Ed25519, 32 bytes: what its Wavry ID encodes. */
  readonly identityKey: Uint8Array;
  /** X25519, 32 bytes each. */
  readonly staticKey: Uint8Array;
  readonly staticPrivate: Uint8Array;
}

/** Someone at the door with a lease of the gateway's, who has proven to be the device that it names, at that address. */
export interface Applicant {
  readonly lease: Lease;
  readonly side: RelaySide;
  readonly number: number;
  readonly nonce: Uint8Array;
  readonly codeKey: Uint8Array;
  readonly network: Party;
}

/** What a desk is made of. */
export interface AdmissionDeskInit {
  readonly suite: CryptoSuite;
  readonly gatewayKey: Uint8Array;
  readonly identity: RelayIdentity;
  readonly networks: Parties;
  readonly counters: RelayCounters;
  readonly now: Micros;
}

/**
 * What a relay does for strangers. Nothing is remembered of them, and each step costs more than the one before: a cookie
 * before anything is charged or opened, both signatures before anything is answered.
 */
export class AdmissionDesk {
  readonly #init: AdmissionDeskInit;
  readonly #cookies: CookieJar;
  readonly #challenges: TokenBucket;
  readonly #cookieChecks: TokenBucket;
  readonly #admissions: TokenBucket;

  constructor(init: AdmissionDeskInit) {
    const { suite, now } = init;
    this.#init = init;
    this.#cookies = new CookieJar(suite, now);
    this.#challenges = new TokenBucket(RELAY_SUPPLIES.challenges, now);
    this.#cookieChecks = new TokenBucket(RELAY_SUPPLIES.cookieChecks, now);
    this.#admissions = new TokenBucket(RELAY_SUPPLIES.admissions, now);
  }

  /** The challenge for a hello, shorter than it; undefined: silence. Throws WireError. */
  challenge(datagram: Uint8Array, from: Address, now: Micros): Uint8Array | undefined {
    const { counters } = this.#init;
    const nonce = readHello(datagram);
    if (!this.#challenges.take(now, 1)) {
      counters.unanswered++;
      return undefined;
    }
    counters.challenges++;
    return writeChallenge({ nonce, cookie: this.#cookies.issue(cookieSubject(from, nonce), now) });
  }

  /** Who is behind an admission; undefined: silence, and it is counted why. Throws WireError. */
  examine(datagram: Uint8Array, from: Address, now: Micros): Applicant | undefined {
    const { counters, networks } = this.#init;
    const { nonce, cookie } = readAdmissionHead(datagram);
    if (!this.#cookieChecks.take(now, 1)) {
      counters.unanswered++;
      return undefined;
    }
    if (!this.#cookies.verify(cookie, cookieSubject(from, nonce), now)) {
      counters.badCookie++;
      return undefined;
    }
    const network = networks.find(networkOf(from.address), now);
    if (!networks.takeAdmission(network, now) || !this.#admissions.take(now, 1)) {
      counters.unanswered++;
      return undefined;
    }
    const opened = this.#open(datagram);
    if (opened === undefined) return undefined;
    const { side, number, codeKey, lease } = opened;
    return { lease: readLease(lease), side, number, nonce, codeKey, network };
  }

  #open(datagram: Uint8Array): OpenedAdmission | undefined {
    const { suite, identity, gatewayKey, counters } = this.#init;
    let opened: OpenedAdmission | undefined;
    let lease: Lease;
    try {
      opened = openAdmission(suite, datagram, identity);
      if (opened === undefined) {
        counters.unopened++;
        return undefined;
      }
      lease = readLease(opened.lease);
    } catch (error) {
      if (!(error instanceof WireError || error instanceof HandshakeError)) throw error;
      counters.unopened++;
      return undefined;
    }
    if (!verifyLease(suite, gatewayKey, opened.lease)) {
      counters.forged++;
      return undefined;
    }
    const key = opened.side === RelaySide.client ? lease.clientKey : lease.hostKey;
    if (!suite.ed25519Verify(key, opened.proven, opened.proof)) {
      counters.unproven++;
      return undefined;
    }
    return opened;
  }
}
