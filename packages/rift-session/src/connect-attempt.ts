import {
  equalBytes,
  type HandshakePacket,
  HandshakePattern,
  handshakeHead,
  INITIATION_COOKIE_AT,
  INITIATION_GATE_AT,
  INITIATION_PADDING_AT,
  INITIATION_PROOF_AT,
  type Micros,
  PacketType,
  writeFinish,
  writeInitiation,
} from "@wavry/rift-core";
import {
  type CryptoSuite,
  HandshakeError,
  HandshakeState,
  type InitiationKeys,
  type SessionIdentity,
  signInitiation,
} from "@wavry/rift-crypto";
import type { Address, PeerIdentity } from "./admission.ts";
import { readCertificatePayload, writeCertificatePayload } from "./certificate-payload.ts";
import type { Connection } from "./connection.ts";
import { BOUNDS, TIMES } from "./constants.ts";
import type { ConnectFailure } from "./events.ts";
import {
  cookieReplyCode,
  handshakePrologue,
  noisePattern,
  pairedGateKey,
  pairedProofKey,
  pairingGateKey,
  pairingProofKey,
  setPairingPsk,
} from "./proofs.ts";

/** Whom to connect to. */
export interface ConnectTarget {
  /** Tried all at once; the first that answers wins. */
  readonly addresses: readonly Address[];
  /** Others may come by `addAddress`, so that there need not be any at the start. */
  readonly mayGrow?: boolean | undefined;
  readonly wavryId: string;
  /** X25519, pinned when the devices were paired. Needed unless a pairing secret is given. */
  readonly staticKey?: Uint8Array | undefined;
  /** The one-time secret of a pairing link, 16 bytes. */
  readonly pairingSecret?: Uint8Array | undefined;
  /** Default: TIMES.connectTimeoutMicros. */
  readonly timeoutMicros?: Micros | undefined;
}

/** What a valid response leads to. */
export interface Established {
  readonly remoteId: number;
  readonly remote: Address;
  readonly peer: PeerIdentity;
  readonly keys: { readonly send: Uint8Array; readonly receive: Uint8Array };
}

/** The client's side of a handshake, from the first initiation to the host's first packet. */
export class ConnectAttempt {
  readonly localId: number;
  readonly #suite: CryptoSuite;
  readonly #identity: SessionIdentity;
  readonly #target: ConnectTarget;
  readonly #pattern: HandshakePattern;
  readonly #deadline: Micros;
  readonly #keys: InitiationKeys;
  readonly #handshake: HandshakeState;
  readonly #initiation: Uint8Array;
  #sending: Uint8Array;
  #destinations: Address[];
  #nextDestination = 0;
  /** Added, and not tried yet. */
  readonly #late: Address[] = [];
  #retryAt: Micros;
  #retryMicros: Micros = TIMES.handshakeRetryMicros;
  #mismatchAt: Micros | undefined;
  #connection: Connection | undefined;

  /** Throws TypeError where neither a static key nor a pairing secret is given, or no address. */
  constructor(
    suite: CryptoSuite,
    identity: SessionIdentity,
    localId: number,
    target: ConnectTarget,
    now: Micros,
  ) {
    if (target.addresses.length === 0 && target.mayGrow !== true)
      throw new TypeError("connecting needs an address");
    const { pairingSecret, staticKey } = target;
    if (pairingSecret === undefined && staticKey === undefined)
      throw new TypeError("connecting needs a pinned key or a pairing secret");
    this.localId = localId;
    this.#suite = suite;
    this.#identity = identity;
    this.#target = target;
    this.#pattern = pairingSecret === undefined ? HandshakePattern.known : HandshakePattern.pairing;
    this.#deadline = now + (target.timeoutMicros ?? TIMES.connectTimeoutMicros);
    this.#retryAt = now;
    const head = handshakeHead(PacketType.initiation, this.#pattern, localId);
    this.#handshake = new HandshakeState({
      suite,
      pattern: noisePattern(this.#pattern),
      initiator: true,
      prologue: handshakePrologue(head),
      staticPrivate: identity.staticPrivate,
    });
    this.#keys =
      pairingSecret === undefined
        ? {
            proofKey: pairedProofKey(suite, identity, staticKey!, staticKey!),
            gateKey: pairedGateKey(suite, staticKey!),
          }
        : {
            proofKey: pairingProofKey(suite, pairingSecret, target.wavryId),
            gateKey: pairingGateKey(suite, target.wavryId),
          };
    const message = this.#handshake.writeMessage(new Uint8Array(0));
    this.#initiation = writeInitiation(head, message);
    signInitiation(suite, this.#initiation, this.#keys);
    this.#sending = this.#initiation;
    this.#destinations = target.addresses.slice(0, BOUNDS.attemptAddresses);
    this.#nextDestination = 0;
  }

  /** The connection that waits for the host's first packet; undefined before the response. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /**
   * Takes a response (borrowed). Undefined: it does not verify, or its key is wrong, and the right one
   * may still come.
   */
  takeResponse(
    packet: HandshakePacket & { type: typeof PacketType.response },
    from: Address,
    now: Micros,
  ): Established | undefined {
    if (this.#connection !== undefined) return undefined;
    const handshake = this.#handshake.clone();
    let peer: Omit<PeerIdentity, "paired">;
    try {
      const payload = handshake.readMessage(packet.message);
      const staticKey = handshake.remoteStatic!;
      peer = readCertificatePayload(this.#suite, payload, packet.senderId, staticKey);
    } catch (error) {
      handshake[Symbol.dispose]();
      if (error instanceof HandshakeError) return undefined;
      throw error;
    }
    const { staticKey, wavryId, pairingSecret } = this.#target;
    if (
      peer.wavryId !== wavryId ||
      (staticKey !== undefined && !equalBytes(staticKey, peer.staticKey))
    ) {
      handshake[Symbol.dispose]();
      this.#mismatchAt ??= now;
      return undefined;
    }
    if (pairingSecret !== undefined) setPairingPsk(this.#suite, handshake, pairingSecret);
    const message = handshake.writeMessage(writeCertificatePayload(this.localId, this.#identity));
    this.#sending = writeFinish(this.#pattern, packet.senderId, message);
    this.#destinations = [from];
    this.#late.length = 0;
    this.#nextDestination = 0;
    this.#retryAt = now;
    this.#retryMicros = TIMES.handshakeRetryMicros;
    return {
      remoteId: packet.senderId,
      remote: from,
      peer: { ...peer, paired: pairingSecret === undefined ? "known" : "now" },
      keys: handshake.split(),
    };
  }

  /** Another address where the host may be; tried at once. Nothing happens where it is known, or a host has responded. */
  addAddress({ address, port }: Address, now: Micros): void {
    const all = this.#destinations;
    if (this.#connection !== undefined || all.length >= BOUNDS.attemptAddresses) return;
    if (all.some((one) => one.port === port && one.address === address)) return;
    // Those that are being tried right now are not tried twice for it.
    const isResting = this.#nextDestination === 0 && now < this.#retryAt;
    all.push({ address, port });
    if (isResting) this.#late.push(all.at(-1)!);
    this.#retryMicros = TIMES.handshakeRetryMicros;
    this.#retryAt = Math.min(this.#retryAt, now + this.#retryMicros);
  }

  /** Keeps the connection that came of `takeResponse`. */
  setConnection(connection: Connection): void {
    this.#connection = connection;
  }

  /** Takes a cookie reply (borrowed): the initiation goes out again with the cookie. False: it is not to be believed. */
  takeCookie(packet: HandshakePacket & { type: typeof PacketType.cookie }, now: Micros): boolean {
    if (this.#connection !== undefined) return false;
    const proof = this.#initiation.subarray(INITIATION_PROOF_AT, INITIATION_GATE_AT);
    const code = cookieReplyCode(this.#suite, this.#keys.gateKey, proof, packet.cookie);
    if (!equalBytes(code, packet.code)) return false;
    const present = this.#initiation.subarray(INITIATION_COOKIE_AT, INITIATION_PADDING_AT);
    // Every initiation that was under way is answered: with the same cookie it has gone out already.
    if (equalBytes(present, packet.cookie)) return true;
    this.#initiation.set(packet.cookie, INITIATION_COOKIE_AT);
    this.#nextDestination = 0;
    this.#retryAt = now;
    this.#retryMicros = TIMES.handshakeRetryMicros;
    return true;
  }

  /** Why the attempt is over by `now`; undefined: it is not. */
  failureAt(now: Micros): { code: ConnectFailure; message: string } | undefined {
    if (
      this.#connection === undefined &&
      this.#mismatchAt !== undefined &&
      now >= this.#mismatchAt + TIMES.keyMismatchGraceMicros
    )
      return {
        code: "key-changed",
        message: "the host at this address has another key than the one that was paired",
      };
    if (now < this.#deadline) return undefined;
    if (this.#connection !== undefined)
      return { code: "timeout", message: "the host fell silent during the handshake" };
    return {
      code: "timeout",
      message:
        "no answer: the host is off or unreachable, or it does not know this device or this pairing link (any more)",
    };
  }

  pollTimeout(): Micros {
    if (this.#nextDestination < this.#destinations.length) return this.#retryAt;
    let next = Math.min(this.#retryAt, this.#deadline);
    if (this.#mismatchAt !== undefined && this.#connection === undefined)
      next = Math.min(next, this.#mismatchAt + TIMES.keyMismatchGraceMicros);
    return next;
  }

  /** The next handshake packet; undefined: none is due. */
  pollTransmit(now: Micros): { bytes: Uint8Array; to: Address } | undefined {
    const late = this.#late.shift();
    if (late !== undefined) return { bytes: this.#sending, to: late };
    if (now < this.#retryAt) return undefined;
    const to = this.#destinations[this.#nextDestination++];
    if (to !== undefined) return { bytes: this.#sending, to };
    this.#nextDestination = 0;
    this.#retryAt = now + this.#retryMicros;
    this.#retryMicros = Math.min(
      TIMES.maxHandshakeRetryMicros,
      this.#retryMicros * TIMES.handshakeRetryFactor,
    );
    return undefined;
  }

  /** Forgets the secrets. Idempotent. */
  [Symbol.dispose](): void {
    this.#handshake[Symbol.dispose]();
    this.#suite.wipe(this.#keys.proofKey);
    this.#suite.wipe(this.#keys.gateKey);
  }
}
