import {
  equalBytes,
  type HandshakePacket,
  HandshakePattern,
  type Micros,
  type PacketType,
  writeCookieReply,
  writeResponse,
} from "@wavry/rift-core";
import {
  CookieJar,
  type CryptoSuite,
  HandshakeError,
  HandshakeState,
  type Identity,
  verifyInitiationProof,
} from "@wavry/rift-crypto";
import type { Address, Admission, PeerIdentity } from "./admission.ts";
import { readCertificatePayload, writeCertificatePayload } from "./certificate-payload.ts";
import type { Established } from "./connect-attempt.ts";
import { BOUNDS, TIMES } from "./constants.ts";
import type { EndpointCounters } from "./counters.ts";
import type { EventQueue } from "./events.ts";
import {
  addressBytes,
  cookieReplyCode,
  handshakePrologue,
  noisePattern,
  pairedProofKey,
  pairingProofKey,
  setPairingPsk,
} from "./proofs.ts";

/** Who may have sent an initiation, and the key that its proof is then made with. */
interface Candidate {
  readonly proofKey: Uint8Array;
  readonly wavryId?: string;
  readonly staticKey?: Uint8Array;
  readonly secret?: Uint8Array;
}

interface HalfOpen {
  readonly localId: number;
  readonly remoteId: number;
  readonly proof: string;
  readonly candidate: Candidate;
  readonly handshake: HandshakeState;
  readonly response: Uint8Array;
  readonly expiresAt: Micros;
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
 * proves, keeps a bounded number of half-open handshakes, and asks for a cookie when they pile up.
 */
export class HostHandshakes {
  readonly #init: HostHandshakesInit;
  readonly #cookies: CookieJar;
  /** In the order of their making, which is the order in which they expire. */
  readonly #byId = new Map<number, HalfOpen>();
  readonly #byProof = new Map<string, HalfOpen>();
  readonly #remembered = new Set<string>();
  #paired: Candidate[] | undefined;
  readonly #pairing = new Map<string, Candidate>();

  constructor(init: HostHandshakesInit, now: Micros) {
    this.#init = init;
    this.#cookies = new CookieJar(init.suite, now);
  }

  /** How many handshakes are half open. */
  get halfOpen(): number {
    return this.#byId.size;
  }

  /** True where the id belongs to a half-open handshake. */
  has(id: number): boolean {
    return this.#byId.has(id);
  }

  /** Reads the paired devices anew at the next initiation. */
  refresh(): void {
    this.#paired = undefined;
  }

  /** Takes an initiation (borrowed); returns the answer, undefined: silence. */
  takeInitiation(packet: Initiation, from: Address, now: Micros): Uint8Array | undefined {
    const { suite, counters } = this.#init;
    const proof = packet.proof.toHex();
    const known = this.#byProof.get(proof);
    if (known !== undefined && this.#proves(known.candidate, packet)) return known.response;
    const candidate = this.#findCandidate(packet, now);
    if (candidate === undefined) {
      counters.unproven++;
      return undefined;
    }
    if (this.#remembered.has(proof)) {
      counters.replayedInitiation++;
      return undefined;
    }
    const address = addressBytes(from);
    if (
      this.#byId.size >= BOUNDS.cookieHalfOpen &&
      !this.#cookies.verify(packet.cookie, address, now)
    ) {
      counters.cookieSent++;
      const cookie = this.#cookies.issue(address, now);
      const code = cookieReplyCode(suite, candidate.proofKey, packet.proof, cookie);
      return writeCookieReply(packet.pattern, packet.senderId, cookie, code);
    }
    return this.#open(packet, proof, candidate, now);
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
    if (!this.#isAdmitted(candidate, identity, now)) {
      suite.wipe(keys.send);
      suite.wipe(keys.receive);
      counters.peerMismatch++;
      if (candidate.wavryId !== undefined)
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
    for (const { proofKey, secret } of this.#pairing.values()) {
      this.#init.suite.wipe(proofKey);
      if (secret !== undefined) this.#init.suite.wipe(secret);
    }
    this.#pairing.clear();
    for (const { proofKey } of this.#paired ?? []) this.#init.suite.wipe(proofKey);
    this.#paired = undefined;
  }

  #open(
    packet: Initiation,
    proof: string,
    candidate: Candidate,
    now: Micros,
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
      expiresAt: now + TIMES.halfOpenMicros,
    };
    this.#byId.set(localId, open);
    this.#byProof.set(proof, open);
    this.#remember(proof);
    return response;
  }

  #isAdmitted(candidate: Candidate, peer: Omit<PeerIdentity, "paired">, now: Micros): boolean {
    const { admission } = this.#init;
    if (candidate.secret === undefined)
      return peer.wavryId === candidate.wavryId && equalBytes(peer.staticKey, candidate.staticKey!);
    // The secret may have been used up or withdrawn since the initiation.
    for (const secret of admission.pairingSecrets(now))
      if (equalBytes(secret, candidate.secret)) return true;
    return false;
  }

  #findCandidate(packet: Initiation, now: Micros): Candidate | undefined {
    const candidates =
      packet.pattern === HandshakePattern.pairing
        ? this.#pairingCandidates(now)
        : this.#pairedCandidates();
    for (const candidate of candidates) if (this.#proves(candidate, packet)) return candidate;
    return undefined;
  }

  #proves(candidate: Candidate, packet: Initiation): boolean {
    return verifyInitiationProof(this.#init.suite, candidate.proofKey, packet.proven, packet.proof);
  }

  #pairedCandidates(): readonly Candidate[] {
    if (this.#paired !== undefined) return this.#paired;
    const { suite, identity, admission } = this.#init;
    this.#paired = [];
    for (const { wavryId, staticKey } of admission.pairedStatics()) {
      try {
        const proofKey = pairedProofKey(suite, identity, staticKey, identity.staticKey);
        this.#paired.push({ proofKey, wavryId, staticKey: staticKey.slice() });
      } catch (error) {
        // A stored key that gives no secret cannot be anyone's.
        if (!(error instanceof HandshakeError)) throw error;
      }
    }
    return this.#paired;
  }

  *#pairingCandidates(now: Micros): Iterable<Candidate> {
    const { suite, identity, admission } = this.#init;
    for (const secret of admission.pairingSecrets(now)) {
      const name = secret.toHex();
      let candidate = this.#pairing.get(name);
      if (candidate === undefined) {
        const proofKey = pairingProofKey(suite, secret, identity.wavryId);
        candidate = { proofKey, secret: secret.slice() };
        // Used-up secrets do not pile up.
        if (this.#pairing.size >= BOUNDS.maxHalfOpen) this.#pairing.clear();
        this.#pairing.set(name, candidate);
      }
      yield candidate;
    }
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
