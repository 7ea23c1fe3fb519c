import {
  equalBytes,
  type HandshakePacket,
  type Micros,
  type PacketType,
  readU32,
  writeResponse,
} from "@wavry/rift-core";
import {
  type CryptoSuite,
  HandshakeError,
  HandshakeState,
  type SessionIdentity,
} from "@wavry/rift-crypto";
import type { Address, Admission, PeerIdentity } from "./admission.ts";
import { readCertificatePayload, writeCertificatePayload } from "./certificate-payload.ts";
import type { Established } from "./connect-attempt.ts";
import { BOUNDS, TIMES } from "./constants.ts";
import type { EndpointCounters } from "./counters.ts";
import { Doorkeeper, type Guest } from "./doorkeeper.ts";
import type { EventQueue } from "./events.ts";
import { HANDSHAKE_LIMITS as LIMITS } from "./handshake-limits.ts";
import type { Candidate } from "./proof-candidates.ts";
import { handshakePrologue, noisePattern, setPairingPsk } from "./proofs.ts";
import { TokenBucket } from "./token-bucket.ts";

interface HalfOpen {
  readonly localId: number;
  readonly remoteId: number;
  readonly proof: number;
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
interface Knock extends Guest {
  readonly proof: number;
  readonly from: Address;
  readonly now: Micros;
}

type Initiation = HandshakePacket & { type: typeof PacketType.initiation };
type Finish = HandshakePacket & { type: typeof PacketType.finish };

/** What the host's half of the handshake needs from its endpoint. */
export interface HostHandshakesInit {
  readonly suite: CryptoSuite;
  readonly identity: SessionIdentity;
  readonly admission: Admission;
  readonly counters: EndpointCounters;
  readonly events: EventQueue;
  /** A connection id that is not in use. */
  readonly newConnectionId: () => number;
}

/**
 * The host's half of all handshakes. It opens one only for what a paired device or a live pairing secret proves, keeps
 * a bounded number of them, asks for a cookie when there is much to do, and does a bounded amount of work a second for
 * those who knock (spec/rift.md §3.5).
 */
export class HostHandshakes {
  readonly #init: HostHandshakesInit;
  readonly #door: Doorkeeper;
  /** In the order of their making, which is the order in which they expire. */
  readonly #byId = new Map<number, HalfOpen>();
  readonly #byProof = new Map<number, HalfOpen>();
  readonly #remembered = new Set<number>();

  constructor(init: HostHandshakesInit, now: Micros) {
    this.#init = init;
    this.#door = new Doorkeeper(init, now);
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
    return { proofs: this.#remembered.size, networks: this.#door.networks };
  }

  /** Reads the paired devices anew at the next initiation. */
  refresh(): void {
    this.#door.refresh();
  }

  /** Takes an initiation (borrowed); returns the answer, undefined: silence. */
  takeInitiation(packet: Initiation, from: Address, now: Micros): Uint8Array | undefined {
    if (!this.#door.isKnowing(packet)) {
      this.#init.counters.ungated++;
      return undefined;
    }
    const proof = nameOf(packet.proof);
    if (this.#remembered.has(proof)) return this.#answerAgain(packet, proof, now);
    const guest = this.#door.admit(packet, from, this.#byId.size, now);
    if (guest === undefined || guest instanceof Uint8Array) return guest;
    return this.#open(packet, { ...guest, proof, from, now });
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
    if (!open.isCharged) this.#door.charge(open, now);
    const isLive = this.#door.isLive(candidate, now);
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
    this.#door[Symbol.dispose]();
  }

  /** To an initiation that has opened a handshake before. */
  #answerAgain(packet: Initiation, proof: number, now: Micros): Uint8Array | undefined {
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

  #remember(proof: number): void {
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

/** What a proof is remembered by: 53 bits of it, as two that are right never have the same by chance. */
function nameOf(proof: Uint8Array): number {
  return readU32(proof, 0) * 2 ** 21 + (readU32(proof, 4) >>> 11);
}

/** Whether a peer is the device that its initiation was proven for; whoever has a pairing secret is. */
function isSame(candidate: Candidate, peer: Omit<PeerIdentity, "paired">): boolean {
  if (candidate.secret !== undefined) return true;
  return peer.wavryId === candidate.wavryId && equalBytes(peer.staticKey, candidate.staticKey!);
}
