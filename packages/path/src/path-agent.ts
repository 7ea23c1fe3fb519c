import { type Micros, readU32 } from "@wavry/rift-core";
import { type CryptoSuite, ReplayWindow } from "@wavry/rift-crypto";
import type { Address, Candidate, PathKind, PathStatus } from "./candidate.ts";
import { CandidateBook } from "./candidate-book.ts";
import { CheckSchedule } from "./check-schedule.ts";
import { newPathCounters, type PathCounters } from "./counters.ts";
import { derivePathKeys, type PathKeys } from "./keys.ts";
import { type PathEvent, PathSelector } from "./path-selector.ts";
import { StrangerSupply } from "./strangers.ts";
import {
  PATH_DATAGRAM_BYTES,
  type PathDatagram,
  PathDatagramKind,
  readPathDatagram,
  readPathId,
  writePathDatagram,
} from "./wire.ts";

/** What an agent is made of. */
export interface PathAgentInit {
  readonly suite: CryptoSuite;
  /** The client selects, the host follows. */
  readonly role: "client" | "host";
  /** `pathKey`, 32 bytes; borrowed until the constructor returns. */
  readonly key: Uint8Array;
  readonly now: Micros;
}

/** A check or an answer to send; valid until the next call on the agent. */
export interface PathTransmit {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly address: string;
  readonly port: number;
}

/** Bytes of a datagram that the session heard count for no more than one of ours. */
const HEARD_CREDIT_BYTES = PATH_DATAGRAM_BYTES;

/**
 * One side's search for paths to one peer, and its choice among them (spec/path.md), without a socket or a clock.
 *
 * Contract: call `receive` for each datagram with the agent's path id and `handleTimeout` at `pollTimeout`; after each call on the
 * agent drain `pollTransmit` and `pollEvent` until they return undefined. `now` never goes back. Nothing throws for what a
 * peer sends.
 */
export class PathAgent implements Disposable {
  /** In the clear in this session's checks and answers: by it a program finds whose a datagram is. */
  readonly pathId: number;
  readonly counters: PathCounters = newPathCounters();
  readonly #suite: CryptoSuite;
  readonly #isHost: boolean;
  readonly #keys: PathKeys;
  readonly #book = new CandidateBook();
  readonly #selector: PathSelector;
  readonly #schedule: CheckSchedule;
  readonly #strangers: StrangerSupply;
  readonly #window = new ReplayWindow();
  readonly #out = new Uint8Array(PATH_DATAGRAM_BYTES);
  #sequence = 0;
  #isDisposed = false;

  /** Throws RangeError for a key of another length. */
  constructor({ suite, role, key, now }: PathAgentInit) {
    if (key.length !== 32) throw new RangeError("a path key has 32 bytes");
    this.#suite = suite;
    this.#isHost = role === "host";
    this.#keys = derivePathKeys(suite, key);
    this.pathId = this.#keys.pathId;
    this.#selector = new PathSelector(role, this.#book, this.counters);
    this.#schedule = new CheckSchedule(this.#book, this.#selector, now);
    this.#strangers = new StrangerSupply(now);
  }

  /** The path that is in use; undefined: none yet, or none any more. */
  get selected(): PathStatus | undefined {
    return this.#selector.selected?.status(true);
  }

  /** Every path that is known, in the order in which it came to be. */
  get paths(): readonly PathStatus[] {
    return [...this.#book.all].map((one) => one.status(one === this.#selector.selected));
  }

  /** The selected path is being checked, because nothing was heard there. */
  get isInDoubt(): boolean {
    return this.#selector.watch.isInDoubt;
  }

  /** Adds addresses that the peer told of, at any time; those that are known stay as they are, those beyond the bound are ignored. */
  addRemote(
    candidates: readonly {
      readonly kind: PathKind;
      readonly address: string;
      readonly port: number;
    }[],
    now: Micros,
  ): void {
    if (this.#isDisposed) return;
    for (const one of candidates) {
      const candidate = this.#book.tell(one, one.kind, now);
      if (candidate === undefined) this.counters.overTold++;
      else if (candidate.state === "proven") this.#selector.proven(candidate, now);
    }
  }

  /** Forgets an address, as where a relay's leg has ended. Where it is selected, another is at once. */
  remove(address: Address, now: Micros): void {
    const candidate = this.#book.find(address);
    if (candidate === undefined || this.#isDisposed) return;
    this.#book.delete(candidate);
    this.#selector.removed(candidate, now);
  }

  /** Own addresses have changed: every path has to be proven anew, the selected one first. */
  restart(now: Micros): void {
    if (!this.#isDisposed) this.#selector.restart(now);
  }

  /** The session got an authentic packet from there. */
  heard(from: Address, now: Micros): void {
    if (this.#isDisposed) return;
    let candidate = this.#book.find(from);
    if (candidate === undefined) {
      candidate = this.#book.learn(from, now);
      if (candidate === undefined) this.counters.overLearned++;
      else candidate.creditBytes += HEARD_CREDIT_BYTES;
    }
    if (candidate !== undefined) this.#selector.heard(candidate, now);
  }

  /** The session sent something to the selected path that the peer answers. */
  sent(now: Micros): void {
    if (!this.#isDisposed && this.#selector.selected !== undefined) this.#selector.watch.sent(now);
  }

  /** Takes a datagram (borrowed) that may be a check or an answer. */
  receive(datagram: Uint8Array, from: Address, now: Micros): void {
    if (this.#isDisposed) return;
    const candidate = this.#book.find(from);
    if (readPathId(datagram) !== this.pathId) {
      this.counters.forged++;
      return;
    }
    if (candidate === undefined && !this.#strangers.take(now)) {
      this.counters.overStrangers++;
      return;
    }
    const read = readPathDatagram(this.#suite, this.#keys, datagram);
    if (read === undefined) this.counters.forged++;
    else if (read.isFromHost === this.#isHost) this.counters.reflected++;
    else if (read.kind === PathDatagramKind.check) this.#takeCheck(read, candidate, from, now);
    else this.#takeAnswer(read, candidate, now);
  }

  /** Does what is due. */
  handleTimeout(now: Micros): void {
    if (this.#isDisposed) return;
    this.#schedule.expire(now);
    this.#selector.handleTimeout(now);
  }

  /** When `handleTimeout` and a drain are due; undefined: never. */
  pollTimeout(): Micros | undefined {
    if (this.#isDisposed) return undefined;
    const next = Math.min(this.#schedule.pollTimeout(), this.#selector.pollTimeout());
    return next === Infinity ? undefined : next;
  }

  /** The next check or answer to send; undefined: none now. */
  pollTransmit(now: Micros): PathTransmit | undefined {
    if (this.#isDisposed) return undefined;
    for (const one of this.#book.all) if (!one.isBounded && one.owed) return this.#answer(one);
    const due = this.#schedule.nextDue(now);
    if (due !== undefined) return this.#check(due, now);
    // To an address that is not proven the own check goes first: its answer is worth more than ours.
    for (const one of this.#book.all) if (one.owed && one.canPay) return this.#answer(one);
    return undefined;
  }

  /** The next event; undefined: none. */
  pollEvent(): PathEvent | undefined {
    return this.#selector.pollEvent();
  }

  /** Wipes the key; nothing is sent or taken any more. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#suite.wipe(this.#keys.codeKey);
  }

  #takeCheck(check: PathDatagram, known: Candidate | undefined, from: Address, now: Micros): void {
    const isFresh = this.#window.isFresh(check.sequence);
    // A copy of a check, sent on from elsewhere, makes no candidate and buys no bytes.
    if (!isFresh && known?.isBounded !== false) {
      this.counters.replayed++;
      return;
    }
    const candidate = known ?? this.#book.learn(from, now);
    if (candidate === undefined) {
      this.counters.overLearned++;
      return;
    }
    this.counters.checksReceived++;
    const isNewest = check.sequence > this.#window.highest;
    if (isFresh) this.#window.mark(check.sequence);
    candidate.creditBytes += PATH_DATAGRAM_BYTES;
    candidate.owed = { sequence: check.sequence, nonce: check.nonce };
    this.#schedule.checked(candidate, now);
    if (check.isInUse && isNewest) this.#selector.nominated(candidate, check.sequence, now);
  }

  #takeAnswer(answer: PathDatagram, candidate: Candidate | undefined, now: Micros): void {
    if (candidate?.takeAnswer(answer, now) !== true) {
      this.counters.unexpected++;
      return;
    }
    this.counters.answersReceived++;
    this.#selector.answered(candidate, answer.isInUse, now);
    this.#schedule.answered(candidate, now);
  }

  #check(candidate: Candidate, now: Micros): PathTransmit {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const token = { sequence: this.#sequence, nonce: readU32(this.#suite.randomBytes(4), 0) };
    const isSelected = candidate === this.#selector.selected;
    this.counters.checksSent++;
    this.#schedule.sent(candidate, token, now);
    return this.#write(PathDatagramKind.check, candidate, token, isSelected && !this.#isHost);
  }

  #answer(candidate: Candidate): PathTransmit {
    const token = candidate.owed!;
    candidate.owed = undefined;
    candidate.pay();
    this.counters.answersSent++;
    const isSelected = candidate === this.#selector.selected;
    return this.#write(PathDatagramKind.answer, candidate, token, isSelected);
  }

  #write(
    kind: PathDatagramKind,
    { address: { address, port } }: Candidate,
    { sequence, nonce }: { readonly sequence: number; readonly nonce: number },
    isInUse: boolean,
  ): PathTransmit {
    const datagram = { kind, isFromHost: this.#isHost, isInUse, sequence, nonce };
    writePathDatagram(this.#suite, this.#keys, this.#out, datagram);
    return { bytes: this.#out, length: PATH_DATAGRAM_BYTES, address, port };
  }
}
