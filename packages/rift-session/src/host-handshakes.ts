import {
  equalBytes,
  type HandshakePacket,
  HandshakePattern,
  type Micros,
  type PacketType,
  writeResponse,
} from "@wavry/rift-core";
import {
  type CryptoSuite,
  HandshakeError,
  HandshakeState,
  type Identity,
} from "@wavry/rift-crypto";
import { AddressLimits } from "./address-limits.ts";
import type { Address, Admission, PeerIdentity } from "./admission.ts";
import { readCertificatePayload, writeCertificatePayload } from "./certificate-payload.ts";
import type { Established } from "./connect-attempt.ts";
import { BOUNDS, TIMES } from "./constants.ts";
import { CookieReplies } from "./cookie-replies.ts";
import type { EndpointCounters } from "./counters.ts";
import type { EventQueue } from "./events.ts";
import { HANDSHAKE_LIMITS as LIMITS } from "./handshake-limits.ts";
import { type Candidate, ProofCandidates } from "./proof-candidates.ts";
import { handshakePrologue, noisePattern, setPairingPsk } from "./proofs.ts";
import { TokenBucket } from "./token-bucket.ts";

interface HalfOpen {
  readonly localId: number;
  readonly remoteId: number;
  readonly proof: string;
  readonly candidate: Candidate;
  readonly handshake: HandshakeState;
  readonly response: Uint8Array;
  readonly responses: TokenBucket;
  /** Where the initiation came from; a finish that verifies shows that the response was received there. */
  readonly address: string;
  /** The address has been charged for this handshake. */
  readonly isCharged: boolean;
  readonly expiresAt: Micros;
}

/** An initiation that may open a handshake. */
interface Knock {
  readonly proof: string;
  readonly candidate: Candidate;
  readonly from: Address;
  readonly isCharged: boolean;
  readonly now: Micros;
}

type Initiation = HandshakePacket & { type: typeof PacketType.initiation };
type Finish = HandshakePacket & { type: typeof PacketType.finish };

/** What the host's half of the handshake needs from its endpoint. */
export interface HostHandshakesInit {
  readonly suite: CryptoSuite;
  readonly identity: Identity;
  readonly admission: Admission;
  readonly counters: EndpointCounters;
  readonly events: EventQueue;
  /** A connection id that is not in use. */
  readonly newConnectionId: () => number;
}

/**
 * The host's half of all handshakes. It answers only what a paired device or a live pairing secret
 * proves, keeps a bounded number of half-open handshakes, asks for a cookie when they pile up, and does a bounded
 * amount of work a second for those who knock (spec/rift.md §3.5).
 */
export class HostHandshakes {
  readonly #init: HostHandshakesInit;
  readonly #cookies: CookieReplies;
  readonly #candidates: ProofCandidates;
  readonly #proofChecks: TokenBucket;
  readonly #opens: TokenBucket;
  readonly #limits = new AddressLimits({
    size: LIMITS.handshakes,
    maxNetworks: LIMITS.maxNetworks,
  });
  /** In the order of their making, which is the order in which they expire. */
  readonly #byId = new Map<number, HalfOpen>();
  readonly #byProof = new Map<string, HalfOpen>();
  readonly #remembered = new Set<string>();

  constructor(init: HostHandshakesInit, now: Micros) {
    this.#init = init;
    this.#cookies = new CookieReplies(init.suite, now);
    this.#candidates = new ProofCandidates({ ...init, maxSecrets: BOUNDS.maxHalfOpen });
    this.#proofChecks = new TokenBucket(LIMITS.proofChecks, now);
    this.#opens = new TokenBucket(LIMITS.opens, now);
  }

  /** How many handshakes are half open. */
  get halfOpen(): number {
    return this.#byId.size;
  }

  /** True where the id belongs to a half-open handshake. */
  has(id: number): boolean {
    return this.#byId.has(id);
  }

  /** How much is remembered of those who knocked: what a flood may not make grow. */
  get remembered(): { readonly proofs: number; readonly networks: number } {
    return { proofs: this.#remembered.size, networks: this.#limits.networks };
  }

  /** Reads the paired devices anew at the next initiation. */
  refresh(): void {
    this.#candidates.refresh();
  }

  /** Takes an initiation (borrowed); returns the answer, undefined: silence. */
  takeInitiation(packet: Initiation, from: Address, now: Micros): Uint8Array | undefined {
    const { counters } = this.#init;
    const proof = packet.proof.toHex();
    if (this.#remembered.has(proof)) return this.#answerAgain(packet, proof, now);
    const candidate = this.#findCandidate(packet, now);
    if (candidate === undefined) {
      counters.unproven++;
      return undefined;
    }
    const isCharged = this.#isBusy(now);
    if (isCharged && !this.#cookies.accepts(packet, from, now)) {
      if (!candidate.cookieReplies.take(LIMITS.cookieReplies, now)) return undefined;
      counters.cookieSent++;
      return this.#cookies.reply(packet, candidate.mac, from, now);
    }
    if (!this.#limits.allows(from.address, now)) {
      counters.refused++;
      return undefined;
    }
    if (isCharged) this.#limits.charge(from.address, now);
    return this.#open(packet, { proof, candidate, from, isCharged, now });
  }

  /** Takes a finish (borrowed); returns the new connection's makings, undefined: silence. */
  takeFinish(packet: Finish, from: Address, now: Micros): Established | undefined {
    const { suite, counters, admission, events } = this.#init;
    const open = this.#byId.get(packet.receiverId);
    if (open === undefined) return undefined;
    const { candidate } = open;
    const handshake = open.handshake.clone();
    let identity: Omit<PeerIdentity, "paired">;
    try {
      if (candidate.secret !== undefined) setPairingPsk(suite, handshake, candidate.secret);
      const payload = handshake.readMessage(packet.message);
      const staticKey = handshake.remoteStatic!;
      identity = readCertificatePayload(suite, payload, open.remoteId, staticKey);
    } catch (error) {
      handshake[Symbol.dispose]();
      if (!(error instanceof HandshakeError)) throw error;
      counters.badHandshake++;
      return undefined;
    }
    const keys = handshake.split();
    this.#forget(open);
    if (!open.isCharged) this.#limits.charge(open.address, now);
    const isLive = this.#isLive(candidate, now);
    if (!isLive || !isSame(candidate, identity)) {
      suite.wipe(keys.send);
      suite.wipe(keys.receive);
      counters.peerMismatch++;
      if (isLive && candidate.wavryId !== undefined)
        events.push({
          type: "peer-key-changed",
          wavryId: candidate.wavryId,
          address: from.address,
        });
      return undefined;
    }
    const peer: PeerIdentity = {
      ...identity,
      paired: candidate.secret === undefined ? "known" : "now",
    };
    if (candidate.secret !== undefined) {
      admission.onPaired(peer, candidate.secret);
      this.refresh();
    }
    return { remoteId: open.remoteId, remote: from, peer, keys };
  }

  /** Forgets what did not finish in time. */
  handleTimeout(now: Micros): void {
    for (const open of this.#byId.values()) {
      if (open.expiresAt > now) return;
      this.#init.counters.halfOpenExpired++;
      this.#forget(open);
    }
  }

  /** When the oldest half-open handshake expires; Infinity: there is none. */
  pollTimeout(): Micros {
    for (const open of this.#byId.values()) return open.expiresAt;
    return Infinity;
  }

  /** Forgets all half-open handshakes and keys. */
  [Symbol.dispose](): void {
    for (const open of [...this.#byId.values()]) this.#forget(open);
    this.#candidates[Symbol.dispose]();
  }

  /** Whether opening a handshake takes a cookie now. */
  #isBusy(now: Micros): boolean {
    return this.#byId.size >= BOUNDS.cookieHalfOpen || !this.#opens.take(LIMITS.opens, now);
  }

  /** To an initiation that has opened a handshake before. */
  #answerAgain(packet: Initiation, proof: string, now: Micros): Uint8Array | undefined {
    const open = this.#byProof.get(proof);
    if (open === undefined) {
      this.#init.counters.replayedInitiation++;
      return undefined;
    }
    // Whoever sends it: a client may knock again from another address.
    if (!open.responses.take(LIMITS.responses, now)) return undefined;
    return open.candidate.mac.verify(packet.proven, packet.proof) ? open.response : undefined;
  }

  #open(
    packet: Initiation,
    { proof, candidate, from, isCharged, now }: Knock,
  ): Uint8Array | undefined {
    const { suite, identity, counters, newConnectionId } = this.#init;
    if (this.#byId.size >= BOUNDS.maxHalfOpen) {
      counters.halfOpenEvicted++;
      for (const oldest of this.#byId.values()) {
        this.#forget(oldest);
        break;
      }
    }
    const handshake = new HandshakeState({
      suite,
      pattern: noisePattern(packet.pattern),
      initiator: false,
      prologue: handshakePrologue(packet.head),
      staticPrivate: identity.staticPrivate,
    });
    const localId = newConnectionId();
    let message: Uint8Array;
    try {
      handshake.readMessage(packet.message);
      message = handshake.writeMessage(writeCertificatePayload(localId, identity));
    } catch (error) {
      handshake[Symbol.dispose]();
      if (!(error instanceof HandshakeError)) throw error;
      counters.badHandshake++;
      return undefined;
    }
    const response = writeResponse(packet.pattern, packet.senderId, localId, message);
    const open: HalfOpen = {
      localId,
      remoteId: packet.senderId,
      proof,
      candidate,
      handshake,
      response,
      responses: new TokenBucket(LIMITS.responses, now),
      address: from.address,
      isCharged,
      expiresAt: now + TIMES.halfOpenMicros,
    };
    this.#byId.set(localId, open);
    this.#byProof.set(proof, open);
    this.#remember(proof);
    return response;
  }

  /** False: the device was forgotten, the secret used up or withdrawn since the initiation. */
  #isLive(candidate: Candidate, now: Micros): boolean {
    const pattern =
      candidate.secret === undefined ? HandshakePattern.known : HandshakePattern.pairing;
    return this.#candidates.of(pattern, now).includes(candidate);
  }

  #findCandidate({ pattern, proven, proof }: Initiation, now: Micros): Candidate | undefined {
    const candidates = this.#candidates.of(pattern, now);
    if (!this.#proofChecks.take(LIMITS.proofChecks, now, candidates.length)) return undefined;
    return candidates.find(({ mac }) => mac.verify(proven, proof));
  }

  #remember(proof: string): void {
    if (this.#remembered.size >= BOUNDS.maxRememberedInitiations)
      for (const oldest of this.#remembered) {
        this.#remembered.delete(oldest);
        break;
      }
    this.#remembered.add(proof);
  }

  #forget(open: HalfOpen): void {
    this.#byId.delete(open.localId);
    this.#byProof.delete(open.proof);
    open.handshake[Symbol.dispose]();
  }
}

/** Whether a peer is the device that its initiation was proven for; whoever has a pairing secret is. */
function isSame(candidate: Candidate, peer: Omit<PeerIdentity, "paired">): boolean {
  if (candidate.secret !== undefined) return true;
  return peer.wavryId === candidate.wavryId && equalBytes(peer.staticKey, candidate.staticKey!);
}
