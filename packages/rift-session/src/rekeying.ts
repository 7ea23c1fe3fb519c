import type { Micros } from "@wavry/rift-core";
import type { RekeyFrame } from "@wavry/rift-core/control";
import {
  type CryptoSuite,
  type EphemeralKey,
  type EpochKeys,
  KeySchedule,
  newEphemeralKey,
} from "@wavry/rift-crypto";
import { BOUNDS, TIMES } from "./constants.ts";
import type { PacketOpener } from "./packet-opener.ts";
import type { PacketSealer } from "./packet-sealer.ts";

/** The largest epoch; a connection ends before it is used up. */
const MAX_EPOCH = 0xffff;

/** What rekeying works on. */
export interface RekeyingInit {
  readonly suite: CryptoSuite;
  readonly initiator: boolean;
  /** Keys from Split; borrowed. */
  readonly keys: EpochKeys;
  readonly sealer: PacketSealer;
  readonly opener: PacketOpener;
  readonly now: Micros;
}

/**
 * Changes a connection's keys while it runs (spec/rift.md §4.1). The client offers a fresh key, the host answers with one;
 * each side opens packets of both epochs while they change. The client seals with the new key from the answer on, the
 * host from the first packet that the client sealed with it.
 */
export class Rekeying implements Disposable {
  readonly #suite: CryptoSuite;
  readonly #schedule: KeySchedule;
  /** Whether this side makes the offers. */
  readonly initiator: boolean;
  readonly #sealer: PacketSealer;
  readonly #opener: PacketOpener;
  #epoch = 0;
  #dueAt: Micros;
  /** Packets of both directions at the last change. */
  #packetsAt = 0;
  /** Client: what was offered. */
  #offered: EphemeralKey | undefined;
  /** Host: the answer to the last offer. */
  #answer: RekeyFrame | undefined;
  #answerWanted = false;

  constructor(init: RekeyingInit) {
    this.#suite = init.suite;
    this.#schedule = new KeySchedule(init.suite, init.keys);
    this.initiator = init.initiator;
    this.#sealer = init.sealer;
    this.#opener = init.opener;
    this.#dueAt = init.initiator ? init.now + TIMES.rekeyMicros : Infinity;
  }

  /** The number of times that the keys have changed. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Client: when the next offer is due. */
  pollTimeout(): Micros {
    if (this.#answerWanted) return -Infinity;
    return this.#isChanging || this.#epoch === MAX_EPOCH ? Infinity : this.#dueAt;
  }

  /** The offer or answer to send now; undefined: none. */
  poll(now: Micros, packets: number, retryMicros: Micros): RekeyFrame | undefined {
    if (this.#answerWanted) {
      this.#answerWanted = false;
      return this.#answer;
    }
    if (!this.initiator || this.#epoch === MAX_EPOCH || this.#isChanging) return undefined;
    const usedUp = packets - this.#packetsAt >= BOUNDS.rekeyPackets;
    if (now < this.#dueAt && (!usedUp || this.#offered !== undefined)) return undefined;
    this.#dueAt = now + retryMicros;
    this.#offered ??= newEphemeralKey(this.#suite);
    return { epoch: this.#epoch + 1, publicKey: this.#offered.publicKey };
  }

  /** Host: takes an offer. Throws HandshakeError for a key that is none. */
  takeOffer({ epoch, publicKey }: RekeyFrame): void {
    if (this.initiator) return;
    if (epoch === this.#answer?.epoch && epoch === this.#epoch) this.#answerWanted = true;
    if (epoch !== this.#epoch + 1 || this.#isChanging) return;
    const own = newEphemeralKey(this.#suite);
    let keys: EpochKeys;
    try {
      keys = this.#schedule.advance(own, publicKey, { initiator: false });
    } catch (error) {
      this.#suite.wipe(own.privateKey);
      throw error;
    }
    this.#epoch = epoch;
    this.#opener.expect(epoch, keys.fromInitiator);
    this.#sealer.prepare(epoch, keys.fromResponder);
    this.#answer = { epoch, publicKey: own.publicKey };
    this.#answerWanted = true;
  }

  /** Client: takes an answer. Throws HandshakeError for a key that is none. */
  takeAnswer({ epoch, publicKey }: RekeyFrame, packets: number, now: Micros): void {
    if (this.#offered === undefined || epoch !== this.#epoch + 1 || this.#isChanging) return;
    const keys = this.#schedule.advance(this.#offered, publicKey, { initiator: true });
    this.#offered = undefined;
    this.#epoch = epoch;
    this.#opener.expect(epoch, keys.fromResponder);
    this.#sealer.prepare(epoch, keys.fromInitiator);
    this.#sealer.change();
    this.#packetsAt = packets;
    this.#dueAt = now + TIMES.rekeyMicros;
  }

  /** The peer has not sealed with the newest keys yet: until then there are no others. */
  get #isChanging(): boolean {
    return this.#epoch !== this.#opener.epoch;
  }

  /** Wipes what is left. Idempotent. */
  [Symbol.dispose](): void {
    this.#schedule[Symbol.dispose]();
    if (this.#offered !== undefined) this.#suite.wipe(this.#offered.privateKey);
    this.#dueAt = Infinity;
    this.#answerWanted = false;
  }
}
