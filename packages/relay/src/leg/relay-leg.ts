import { equalBytes, MAX_DATAGRAM_BYTES, type Micros, SECOND, WireError } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Address } from "../address.ts";
import { RELAY_HEADER_BYTES, RELAY_TIMES, RENEWAL_SHARE } from "../constants.ts";
import { RelaySide, readLease } from "../lease.ts";
import { type Answer, type RefusalName, refusalName, Verdict } from "../wire/answer.ts";
import { dataChannel, isData, NONCE_BYTES, RelayKind, writeDataHead } from "../wire/kinds.ts";
import { FIRST_ENDING, News, readNotice, writeRelayClose } from "../wire/notice.ts";
import { readPong, writePing } from "../wire/ping.ts";
import { AdmissionAttempt } from "./admission-attempt.ts";

/** Who a peer is. */
export interface LegIdentity {
  /** Ed25519, 32 bytes; the lease names it for one side. */
  readonly identityKey: Uint8Array;
  /** Ed25519 by that key: 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Where a relay is, and the key that admissions are sealed for. */
export interface LegAddress extends Address {
  /** The relay's X25519 key, 32 bytes, as its gateway tells it. */
  readonly staticKey: Uint8Array;
}

/** What a leg is made of. */
export interface LegInit {
  readonly suite: CryptoSuite;
  readonly identity: LegIdentity;
  readonly relay: LegAddress;
  /** Signed by the gateway: `LEASE_BYTES`. */
  readonly lease: Uint8Array;
  readonly now: Micros;
}

/** "admitting" until the relay answered, "ready" from then on, also while it is asked again; "ended" for good. */
export type LegState = "admitting" | "ready" | "ended";

/** Why a leg ended, or a lease was refused. */
export type LegReason =
  | RefusalName
  /** The relay does not answer. */
  | "unreachable"
  /** One of the sides closed the session. */
  | "closed"
  /** One of the sides was silent for too long. */
  | "idle"
  /** The relay ended. */
  | "shutdown";

/** News for the program. */
export type LegEvent =
  /** What is wrapped goes through now. */
  | { readonly type: "ready"; readonly rateKbps: number; readonly isPeerHere: boolean }
  /** The other side is there, too. */
  | { readonly type: "peer-joined" }
  /** Ask the gateway for a new lease and hand it to `renew`. Once for each lease. */
  | { readonly type: "renewal-due" }
  /** The new lease holds. */
  | { readonly type: "renewed"; readonly rateKbps: number }
  /** The new lease was refused or not answered; the old one goes on. */
  | { readonly type: "not-renewed"; readonly reason: LegReason }
  /** The relay ends soon: find another one. */
  | { readonly type: "draining"; readonly seconds: number }
  | { readonly type: "ended"; readonly reason: LegReason };

/** A datagram to send: `bytes[0, length)`, borrowed until the next call. */
export interface LegTransmit extends Address {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** What is known of the leg beside its state. */
export interface LegStats {
  /** To the relay and back; undefined before it was measured. */
  readonly rtt: Micros | undefined;
  readonly isPeerHere: boolean;
  /** Datagrams that were not for this leg, or not to be understood. */
  readonly dropped: number;
}

const ENDINGS: Readonly<Record<number, LegReason>> = {
  [News.closed]: "closed",
  [News.expired]: "expired",
  [News.idle]: "idle",
  [News.shutdown]: "shutdown",
};
const MAX_CLOSES = 3;
const MAX_WAITING = 3;

/**
 * One peer's side of a relay, without a socket, a clock or timers (spec/relay.md §6). Hand it what comes from the relay's
 * address, `handleTimeout` at `pollTimeout`, then drain `pollTransmit` and `pollEvent`. `wrap` and `receive` carry RIFT
 * datagrams; the leg never looks into them.
 */
export class RelayLeg implements Disposable {
  readonly side: RelaySide;
  readonly #suite: CryptoSuite;
  readonly #sign: LegIdentity["sign"];
  readonly #identityKey: Uint8Array;
  readonly #relay: LegAddress;
  readonly #sessionId: Uint8Array;
  #attempt: AdmissionAttempt | undefined;
  #nextNumber = 1;
  #lease: Uint8Array;
  #state: LegState = "admitting";
  #channel = 0;
  #codeKey: Uint8Array | undefined;
  #renewAt: Micros = Infinity;
  #isPeerHere = false;
  #rtt: Micros | undefined;
  #dropped = 0;
  #heardAt: Micros;
  #sentAt: Micros;
  /** When the first datagram left after which nothing was heard, and no pong; Infinity: there is none. */
  #unheardSince: Micros = Infinity;
  #uncheckedSince: Micros = Infinity;
  /** What is not answered yet: the first of them, and the last. */
  #ping: { readonly token: Uint8Array; readonly firstAt: Micros; lastAt: Micros } | undefined;
  readonly #waiting: Uint8Array[] = [];
  readonly #events: LegEvent[] = [];

  /** Throws WireError for bytes that are no lease, TypeError for one that does not name the identity. */
  constructor(init: LegInit) {
    const { suite, identity, relay, lease, now } = init;
    this.#suite = suite;
    this.#sign = identity.sign;
    this.#identityKey = identity.identityKey;
    this.#relay = relay;
    this.side = sideOf(lease, identity.identityKey);
    this.#lease = lease.slice();
    this.#sessionId = readLease(this.#lease).sessionId;
    this.#heardAt = now;
    this.#sentAt = now;
    this.#present(this.#lease, now);
  }

  get state(): LegState {
    return this.#state;
  }

  get relay(): LegAddress {
    return this.#relay;
  }

  /** Figures for whoever watches. */
  get stats(): LegStats {
    return { rtt: this.#rtt, isPeerHere: this.#isPeerHere, dropped: this.#dropped };
  }

  /**
   * Puts a RIFT datagram (borrowed, at most 1200 bytes) behind the relay's head into `out`; gives the length to send to
   * the relay, or 0 while there is no channel: the datagram is lost then. Allocates nothing.
   */
  wrap(datagram: Uint8Array, out: Uint8Array, now: Micros): number {
    const { length } = datagram;
    if (length === 0 || length > MAX_DATAGRAM_BYTES)
      throw new RangeError("a RIFT datagram has 1 to 1200 bytes");
    if (this.#state !== "ready") return 0;
    writeDataHead(out, 0, this.#channel);
    out.set(datagram, RELAY_HEADER_BYTES);
    this.#noteSent(now);
    return length + RELAY_HEADER_BYTES;
  }

  /**
   * Takes a datagram of the relay's address (borrowed); gives the RIFT datagram in it, a view, or undefined. Never throws
   * for what is in it.
   */
  receive(datagram: Uint8Array, now: Micros): Uint8Array | undefined {
    const first = datagram[0] ?? 0;
    if (datagram.length > RELAY_HEADER_BYTES && isData(first)) {
      if (this.#state !== "ready" || dataChannel(datagram) !== this.#channel) {
        this.#dropped++;
        return undefined;
      }
      this.#noteHeard(now);
      this.#isPeerHere = true;
      return datagram.subarray(RELAY_HEADER_BYTES);
    }
    if (this.#state === "ended") return undefined;
    try {
      if (!this.#take(datagram, first, now)) this.#dropped++;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#dropped++;
    }
    return undefined;
  }

  /** Presents a new lease of the same session. Throws as the constructor does. */
  renew(lease: Uint8Array, now: Micros): void {
    const isOurs = sideOf(lease, this.#identityKey) === this.side;
    if (!isOurs || !equalBytes(readLease(lease).sessionId, this.#sessionId))
      throw new TypeError("this lease is for another session");
    if (this.#state !== "ended") this.#present(lease.slice(), now);
  }

  /** The network changed: the lease is presented again, from wherever that comes from now. */
  moved(now: Micros): void {
    if (this.#state !== "ended") this.#present(this.#attempt?.lease ?? this.#lease, now);
  }

  /** Ends the session for both sides; what is said is said by `pollTransmit`. Idempotent. */
  close(): void {
    if (this.#state === "ended") return;
    if (this.#codeKey !== undefined && this.#state === "ready") {
      const close = writeRelayClose(this.#suite, this.#codeKey, this.#channel);
      this.#waiting.length = 0;
      for (let i = 0; i < MAX_CLOSES; i++) this.#waiting.push(close);
    }
    this.#end("closed");
  }

  pollTransmit(now: Micros): LegTransmit | undefined {
    const bytes = this.#waiting.shift() ?? this.#attempt?.pollTransmit();
    if (bytes === undefined) return undefined;
    this.#sentAt = now;
    const { address, port } = this.#relay;
    return { bytes, length: bytes.length, address, port };
  }

  pollEvent(): LegEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Micros | undefined {
    if (this.#state === "ended") return undefined;
    const attemptAt = this.#attempt?.pollTimeout() ?? Infinity;
    const pingAt = this.#state === "ready" ? this.#nextPing() : Infinity;
    return Math.min(attemptAt, pingAt, this.#renewAt);
  }

  handleTimeout(now: Micros): void {
    if (this.#state === "ended") return;
    if (now >= this.#renewAt) {
      this.#renewAt = Infinity;
      this.#events.push({ type: "renewal-due" });
    }
    const attempt = this.#attempt;
    if (attempt !== undefined && now >= attempt.deadline) this.#giveUp(attempt, now);
    else attempt?.handleTimeout(now);
    if (this.#state !== "ready") return;
    if (this.#isLost(now) && this.#attempt === undefined) this.#present(this.#lease, now);
    if (now >= this.#nextPing()) this.#sendPing(now);
  }

  /** Forgets the keys, without a word. */
  [Symbol.dispose](): void {
    this.#waiting.length = 0;
    if (this.#state !== "ended") this.#end("closed");
    this.#events.length = 0;
  }

  /** False: it is not for us. Throws WireError. */
  #take(datagram: Uint8Array, first: number, now: Micros): boolean {
    switch (first) {
      case RelayKind.challenge:
        this.#attempt?.challenge(datagram, now);
        return this.#attempt !== undefined;
      case RelayKind.answer: {
        const answer = this.#attempt?.answer(datagram);
        if (answer !== undefined) this.#settle(answer, now);
        return answer !== undefined;
      }
      case RelayKind.pong:
        return this.#pong(datagram, now);
      case RelayKind.notice:
        return this.#notice(datagram, now);
      default:
        return false;
    }
  }

  /** The relay's word on the attempt. */
  #settle(answer: Answer, now: Micros): void {
    const attempt = this.#attempt!;
    this.#attempt = undefined;
    this.#nextNumber = attempt.nextNumber;
    this.#rtt = attempt.rtt ?? this.#rtt;
    this.#noteHeard(now);
    if (answer.verdict !== Verdict.admitted) {
      attempt[Symbol.dispose]();
      this.#refused(attempt.lease, refusalName(answer.verdict));
      return;
    }
    this.#wipeKey();
    this.#codeKey = attempt.takeCodeKey();
    const isNew = this.#state !== "ready";
    const isRenewal = attempt.lease !== this.#lease;
    this.#channel = answer.channel;
    this.#state = "ready";
    this.#lease = attempt.lease;
    this.#noteChecked();
    const { rateKbps, isPeerHere } = answer;
    this.#isPeerHere = isPeerHere;
    if (isNew || isRenewal) this.#planRenewal(answer.secondsLeft, now);
    if (isNew) this.#events.push({ type: "ready", rateKbps, isPeerHere });
    else if (isRenewal) this.#events.push({ type: "renewed", rateKbps });
  }

  /** While the old lease goes on, a new one that is refused is no end. */
  #refused(lease: Uint8Array, reason: LegReason): void {
    const isRenewal = lease !== this.#lease;
    if (this.#state === "ready" && isRenewal) this.#events.push({ type: "not-renewed", reason });
    else this.#end(reason);
  }

  #giveUp(attempt: AdmissionAttempt, now: Micros): void {
    this.#attempt = undefined;
    this.#nextNumber = attempt.nextNumber;
    attempt[Symbol.dispose]();
    // What is heard all the same shows that the relay knows us still.
    if (this.#state === "ready" && now - this.#heardAt < RELAY_TIMES.lost) {
      if (attempt.lease !== this.#lease)
        this.#events.push({ type: "not-renewed", reason: "unreachable" });
    } else this.#end("unreachable");
  }

  #planRenewal(secondsLeft: number, now: Micros): void {
    const { issuedAt, expiresAt } = readLease(this.#lease);
    const keptSeconds = (expiresAt - issuedAt) * (1 - RENEWAL_SHARE);
    this.#renewAt = now + Math.max(0, Math.round((secondsLeft - keptSeconds) * SECOND));
  }

  #pong(datagram: Uint8Array, now: Micros): boolean {
    const { channel, token, isPeerHere } = readPong(datagram);
    if (this.#state !== "ready" || channel !== this.#channel) return false;
    if (this.#ping === undefined || !equalBytes(token, this.#ping.token)) return false;
    const { firstAt, lastAt } = this.#ping;
    if (firstAt === lastAt) this.#rtt = now - firstAt;
    this.#noteHeard(now);
    this.#noteChecked();
    this.#setPeerHere(isPeerHere);
    return true;
  }

  #notice(datagram: Uint8Array, now: Micros): boolean {
    if (this.#codeKey === undefined) return false;
    const notice = readNotice(this.#suite, this.#codeKey, datagram);
    if (notice === undefined || notice.channel !== this.#channel) return false;
    this.#noteHeard(now);
    const { news, seconds } = notice;
    if (news === News.joined) this.#setPeerHere(true);
    else if (news === News.draining) this.#events.push({ type: "draining", seconds });
    else if (news >= FIRST_ENDING) this.#end(ENDINGS[news] ?? "unknown");
    return true;
  }

  #setPeerHere(isPeerHere: boolean): void {
    if (isPeerHere && !this.#isPeerHere) this.#events.push({ type: "peer-joined" });
    this.#isPeerHere = isPeerHere;
  }

  #present(lease: Uint8Array, now: Micros): void {
    if (this.#attempt !== undefined) {
      this.#nextNumber = this.#attempt.nextNumber;
      this.#attempt[Symbol.dispose]();
    }
    this.#attempt = new AdmissionAttempt({
      suite: this.#suite,
      relayStatic: this.#relay.staticKey,
      sign: this.#sign,
      side: this.side,
      lease,
      firstNumber: this.#nextNumber,
      now,
    });
  }

  #isLost(now: Micros): boolean {
    return this.#ping !== undefined && now - this.#ping.firstAt >= RELAY_TIMES.lost;
  }

  #nextPing(): Micros {
    if (this.#ping !== undefined) return this.#ping.lastAt + RELAY_TIMES.pingRetry;
    return Math.min(
      this.#sentAt + RELAY_TIMES.keepAlive,
      this.#unheardSince + RELAY_TIMES.doubt,
      this.#uncheckedSince + RELAY_TIMES.check,
    );
  }

  #sendPing(now: Micros): void {
    this.#ping ??= { token: this.#suite.randomBytes(NONCE_BYTES), firstAt: now, lastAt: now };
    this.#ping.lastAt = now;
    this.#waiting.push(writePing(this.#channel, this.#ping.token));
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.#noteSent(now);
  }

  #noteChecked(): void {
    this.#ping = undefined;
    this.#uncheckedSince = Infinity;
  }

  #noteSent(now: Micros): void {
    this.#sentAt = now;
    if (this.#unheardSince === Infinity) this.#unheardSince = now;
    if (this.#uncheckedSince === Infinity) this.#uncheckedSince = now;
  }

  #noteHeard(now: Micros): void {
    this.#heardAt = now;
    this.#unheardSince = Infinity;
  }

  #end(reason: LegReason): void {
    this.#state = "ended";
    this.#attempt?.[Symbol.dispose]();
    this.#attempt = undefined;
    this.#wipeKey();
    this.#events.push({ type: "ended", reason });
  }

  #wipeKey(): void {
    if (this.#codeKey !== undefined) this.#suite.wipe(this.#codeKey);
    this.#codeKey = undefined;
  }
}

/** Which side of a lease an identity is. Throws WireError, TypeError. */
function sideOf(lease: Uint8Array, identityKey: Uint8Array): RelaySide {
  const { clientKey, hostKey } = readLease(lease);
  if (equalBytes(clientKey, identityKey)) return RelaySide.client;
  if (equalBytes(hostKey, identityKey)) return RelaySide.host;
  throw new TypeError("this lease is for other devices");
}
