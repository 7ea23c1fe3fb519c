import type { Micros } from "@wavry/rift-core";
import { PATH_BOUNDS, PATH_TIMES } from "./constants.ts";
import { PATH_DATAGRAM_BYTES } from "./wire.ts";

/** Where something comes from or goes to. IPv4 in dotted form, IPv6 as RFC 5952 writes it, without brackets. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

/** How an address of the peer came to be known; "peer-reflexive": by a check that came from there. */
export type PathKind = "local" | "reflexive" | "mapped" | "peer-reflexive" | "relay" | "relay-tls";

/** "waiting": not answered yet, or no more; "failed": not for 5 s. */
export type PathState = "waiting" | "proven" | "failed";

/** What is known of a path, at one moment. */
export interface PathStatus {
  readonly address: Address;
  readonly kind: PathKind;
  readonly state: PathState;
  /** The least of the last four that were measured. */
  readonly rttMicros: Micros | undefined;
  readonly checksSent: number;
  readonly answers: number;
  /** From when it was known to when it was proven first. */
  readonly provenAfterMicros: Micros | undefined;
  readonly isSelected: boolean;
}

/** A token: what a check asks for, and an answer repeats. */
export interface Token {
  readonly sequence: number;
  readonly nonce: number;
}

/** An address of the peer's: what was sent there, what came back, and when the next check is due. */
export class Candidate {
  readonly address: Address;
  kind: PathKind;
  /** The peer told of it; else it was learned from a datagram, and gets no more bytes than it sent before it is proven. */
  isTold: boolean;
  state: PathState = "waiting";
  /** It has brought an answer back, at some time. */
  isValidated = false;
  checksSent = 0;
  answers = 0;
  readonly addedAt: Micros;
  provenAt: Micros | undefined;
  answeredAt: Micros = -Infinity;
  lastCheckAt: Micros = -Infinity;
  /** The session heard the peer from here. */
  heardAt: Micros = -Infinity;
  /** When the next check is due. */
  nextCheckAt: Micros;
  /** The next check need not wait for its turn. */
  isUrgent = false;
  /** Since when it is waiting, or has failed. */
  since: Micros;
  /** Checks since the last answer, and when the first of them went. */
  unanswered = 0;
  unansweredSince: Micros = Infinity;
  retryMicros: Micros = PATH_TIMES.retryMicros;
  /** Not preferred to another that is alive, before this time. */
  holdUntil: Micros = -Infinity;
  deaths = 0;
  /** The peer's last check, not answered yet. */
  owed: Token | undefined;
  /** Bytes that came, less those that went; counts only while `isBounded`. */
  creditBytes = 0;
  readonly #samples: Micros[] = [];
  readonly #outstanding: (Token & { readonly sentAt: Micros })[] = [];

  constructor(address: Address, kind: PathKind, isTold: boolean, now: Micros) {
    this.address = { address: address.address, port: address.port };
    this.kind = kind;
    this.isTold = isTold;
    this.addedAt = now;
    this.since = now;
    this.nextCheckAt = now;
  }

  /** It gets no more bytes than came from it. */
  get isBounded(): boolean {
    return !this.isTold && !this.isValidated;
  }

  /** Whether a datagram may go there. */
  get canPay(): boolean {
    return !this.isBounded || this.creditBytes >= PATH_DATAGRAM_BYTES;
  }

  /** The least round trip of the last few; undefined before the first. */
  get rttMicros(): Micros | undefined {
    return this.#samples.length === 0 ? undefined : Math.min(...this.#samples);
  }

  /** The longest of the last few: what to wait for at least. */
  get slowestRttMicros(): Micros {
    return this.#samples.length === 0 ? PATH_TIMES.unknownRttMicros : Math.max(...this.#samples);
  }

  /** Whether as many round trips were measured as count. */
  get isMeasured(): boolean {
    return this.#samples.length >= PATH_BOUNDS.samples;
  }

  /** When a check may go: Infinity where it may not at all. */
  dueAt(paceAt: Micros): Micros {
    if (!this.canPay) return Infinity;
    return this.isUrgent ? this.nextCheckAt : Math.max(this.nextCheckAt, paceAt);
  }

  /** Wants a check at once, before its turn. */
  hurry(now: Micros): void {
    this.nextCheckAt = Math.min(this.nextCheckAt, now);
    this.isUrgent = true;
  }

  /** Wants no check before this time. */
  rest(until: Micros): void {
    this.nextCheckAt = until;
    this.isUrgent = false;
  }

  /** Wants checks at full pace again, as at the start. */
  startAnew(now: Micros): void {
    this.state = "waiting";
    this.since = now;
    this.nextCheckAt = now;
    this.retryMicros = PATH_TIMES.retryMicros;
    this.unanswered = 0;
    this.unansweredSince = Infinity;
  }

  /** A datagram went there. */
  pay(): void {
    this.creditBytes = Math.max(0, this.creditBytes - PATH_DATAGRAM_BYTES);
  }

  /** A check with this token went there. */
  checkSent(token: Token, now: Micros): void {
    this.pay();
    this.checksSent++;
    this.lastCheckAt = now;
    this.isUrgent = false;
    if (this.unanswered++ === 0) this.unansweredSince = now;
    this.#outstanding.push({ ...token, sentAt: now });
    if (this.#outstanding.length > PATH_BOUNDS.outstanding) this.#outstanding.shift();
  }

  /** An answer came from there. False: nobody waits for it. */
  takeAnswer({ sequence, nonce }: Token, now: Micros): boolean {
    const at = this.#outstanding.findIndex((one) => one.sequence === sequence);
    const asked = this.#outstanding[at];
    if (asked === undefined || asked.nonce !== nonce) return false;
    this.#outstanding.splice(at, 1);
    if (now - asked.sentAt > PATH_TIMES.answerMicros) return false;
    this.#samples.push(now - asked.sentAt);
    if (this.#samples.length > PATH_BOUNDS.samples) this.#samples.shift();
    this.answers++;
    this.answeredAt = now;
    this.isValidated = true;
    this.unanswered = 0;
    this.unansweredSince = Infinity;
    return true;
  }

  /** What is known of it. */
  status(isSelected: boolean): PathStatus {
    return {
      address: this.address,
      kind: this.kind,
      state: this.state,
      rttMicros: this.rttMicros,
      checksSent: this.checksSent,
      answers: this.answers,
      provenAfterMicros: this.provenAt === undefined ? undefined : this.provenAt - this.addedAt,
      isSelected,
    };
  }
}
