import {
  type HandshakePacket,
  HandshakePattern,
  type Micros,
  type PacketType,
} from "@wavry/rift-core";
import type { CryptoSuite, SessionIdentity } from "@wavry/rift-crypto";
import { AddressLimits } from "./address-limits.ts";
import type { Address, Admission } from "./admission.ts";
import { Blake2sMac } from "./blake2s-mac.ts";
import { BOUNDS } from "./constants.ts";
import { CookieReplies } from "./cookie-replies.ts";
import type { EndpointCounters } from "./counters.ts";
import { HANDSHAKE_LIMITS as LIMITS } from "./handshake-limits.ts";
import { type Candidate, ProofCandidates } from "./proof-candidates.ts";
import { pairedGateKey, pairingGateKey } from "./proofs.ts";
import { TokenBucket } from "./token-bucket.ts";

type Initiation = HandshakePacket & { type: typeof PacketType.initiation };

/** What a doorkeeper is told. */
export interface DoorkeeperInit {
  readonly suite: CryptoSuite;
  readonly identity: SessionIdentity;
  readonly admission: Admission;
  readonly counters: EndpointCounters;
}

/** Someone who may open a handshake. */
export interface Guest {
  readonly candidate: Candidate;
  /** The address has paid for this handshake. */
  readonly isCharged: boolean;
}

/**
 * Decides who of those who knock may open a handshake, in the order of what it costs (spec/rift.md §3.2, §3.3, §3.5): the
 * gate is one check for whoever it is; a cookie is two; a proof is one for each paired device.
 */
export class Doorkeeper {
  readonly #counters: EndpointCounters;
  readonly #cookies: CookieReplies;
  readonly #candidates: ProofCandidates;
  readonly #pairedGate: Blake2sMac;
  readonly #pairingGate: Blake2sMac;
  readonly #proofChecks: TokenBucket;
  readonly #cookieProofChecks: TokenBucket;
  readonly #pairingProofChecks: TokenBucket;
  readonly #opens: TokenBucket;
  readonly #cookieReplies: TokenBucket;
  #loadedUntil: Micros = 0;
  readonly #limits = new AddressLimits({
    size: LIMITS.handshakes,
    maxNetworks: LIMITS.maxNetworks,
  });

  constructor(init: DoorkeeperInit, now: Micros) {
    const { suite, identity, counters } = init;
    this.#counters = counters;
    this.#cookies = new CookieReplies(suite, now);
    this.#candidates = new ProofCandidates({ ...init, maxSecrets: BOUNDS.maxHalfOpen });
    this.#pairedGate = newGate(suite, pairedGateKey(suite, identity.staticKey));
    this.#pairingGate = newGate(suite, pairingGateKey(suite, identity.wavryId));
    this.#proofChecks = new TokenBucket(LIMITS.proofChecks, now);
    this.#cookieProofChecks = new TokenBucket(LIMITS.cookieProofChecks, now);
    this.#pairingProofChecks = new TokenBucket(LIMITS.pairingProofChecks, now);
    this.#opens = new TokenBucket(LIMITS.opens, now);
    this.#cookieReplies = new TokenBucket(LIMITS.cookieReplies, now);
  }

  /** Networks that are remembered. */
  get networks(): number {
    return this.#limits.networks;
  }

  /** Reads the paired devices anew at the next initiation. */
  refresh(): void {
    this.#candidates.refresh();
  }

  /** Whether the sender knows the host. False: it is to be given no further thought, and no answer. */
  isKnowing({ pattern, gated, gate }: Initiation): boolean {
    return this.#gate(pattern).verify(gated, gate);
  }

  /**
   * Who sent an initiation (borrowed) whose gate is right, while so many handshakes are half open; bytes: answer this
   * instead; undefined: silence.
   */
  admit(
    packet: Initiation,
    from: Address,
    halfOpen: number,
    now: Micros,
  ): Guest | Uint8Array | undefined {
    return packet.pattern === HandshakePattern.known
      ? this.#admitDevice(packet, from, halfOpen, now)
      : this.#admitSecret(packet, from, halfOpen, now);
  }

  /** Takes a handshake from an address that has been shown to be the sender's. */
  charge({ address }: Pick<Address, "address">, now: Micros): void {
    this.#limits.charge(address, now);
  }

  /** False: the device was forgotten, the secret used up or withdrawn since the initiation. */
  isLive(candidate: Candidate, now: Micros): boolean {
    const { known, pairing } = HandshakePattern;
    const pattern = candidate.secret === undefined ? known : pairing;
    return this.#candidates.of(pattern, now).includes(candidate);
  }

  /** Forgets all keys. */
  [Symbol.dispose](): void {
    this.#candidates[Symbol.dispose]();
    this.#pairedGate[Symbol.dispose]();
    this.#pairingGate[Symbol.dispose]();
  }

  /** There may be many devices: under load the address comes first, and their proofs after it. */
  #admitDevice(
    packet: Initiation,
    from: Address,
    halfOpen: number,
    now: Micros,
  ): Guest | Uint8Array | undefined {
    const candidates = this.#candidates.of(packet.pattern, now);
    if (this.#isCalm(candidates.length, halfOpen, now)) {
      const candidate = this.#find(candidates, packet);
      if (candidate === undefined || !this.#allows(from, now)) return undefined;
      this.#opens.take(LIMITS.opens, now);
      return { candidate, isCharged: false };
    }
    if (!this.#cookies.accepts(packet, from, now))
      return this.#askForCookie(packet, this.#cookieReplies, from, now);
    if (!this.#allows(from, now)) return undefined;
    // Whatever its proof is worth: checking it is what the address pays for.
    this.charge(from, now);
    if (!this.#cookieProofChecks.take(LIMITS.cookieProofChecks, now, candidates.length)) {
      this.#counters.unproven++;
      return undefined;
    }
    const candidate = this.#find(candidates, packet);
    return candidate === undefined ? undefined : { candidate, isCharged: true };
  }

  /** There are few secrets, and a Wavry ID is no secret at all: without a right proof there is no answer, load or not. */
  #admitSecret(
    packet: Initiation,
    from: Address,
    halfOpen: number,
    now: Micros,
  ): Guest | Uint8Array | undefined {
    const candidates = this.#candidates.of(packet.pattern, now);
    if (!this.#pairingProofChecks.take(LIMITS.pairingProofChecks, now, candidates.length)) {
      this.#counters.unproven++;
      return undefined;
    }
    const candidate = this.#find(candidates, packet);
    if (candidate === undefined) return undefined;
    const isBusy = halfOpen >= BOUNDS.cookieHalfOpen || !this.#opens.take(LIMITS.opens, now);
    if (isBusy && !this.#cookies.accepts(packet, from, now))
      return this.#askForCookie(packet, candidate.cookieReplies!, from, now);
    if (!this.#allows(from, now)) return undefined;
    if (isBusy) this.charge(from, now);
    return { candidate, isCharged: isBusy };
  }

  /** Whether the proof of a device can be checked, and a handshake opened, without a cookie. */
  #isCalm(devices: number, halfOpen: number, now: Micros): boolean {
    if (halfOpen >= BOUNDS.cookieHalfOpen || !this.#opens.has(LIMITS.opens, now)) return false;
    if (now < this.#loadedUntil) return false;
    if (this.#proofChecks.take(LIMITS.proofChecks, now, devices)) return true;
    // What comes in meanwhile would only go to the flood again.
    this.#loadedUntil = now + LIMITS.loadedMicros;
    return false;
  }

  #find(candidates: readonly Candidate[], { proven, proof }: Initiation): Candidate | undefined {
    for (const candidate of candidates) if (candidate.mac.verify(proven, proof)) return candidate;
    this.#counters.unproven++;
    return undefined;
  }

  #allows({ address }: Address, now: Micros): boolean {
    if (this.#limits.allows(address, now)) return true;
    this.#counters.refused++;
    return false;
  }

  #askForCookie(
    packet: Initiation,
    supply: TokenBucket,
    from: Address,
    now: Micros,
  ): Uint8Array | undefined {
    const { known } = HandshakePattern;
    const size = packet.pattern === known ? LIMITS.cookieReplies : LIMITS.pairingCookieReplies;
    if (!supply.take(size, now)) {
      this.#counters.refused++;
      return undefined;
    }
    this.#counters.cookieSent++;
    return this.#cookies.reply(packet, this.#gate(packet.pattern), from, now);
  }

  #gate(pattern: HandshakePattern): Blake2sMac {
    return pattern === HandshakePattern.known ? this.#pairedGate : this.#pairingGate;
  }
}

function newGate(suite: CryptoSuite, key: Uint8Array): Blake2sMac {
  const gate = new Blake2sMac(key);
  suite.wipe(key);
  return gate;
}
