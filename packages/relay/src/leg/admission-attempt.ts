import { equalBytes, type Micros } from "@wavry/rift-core";
import { type CryptoSuite, KEY_BYTES } from "@wavry/rift-crypto";
import { RELAY_TIMES } from "../constants.ts";
import type { RelaySide } from "../lease.ts";
import { writeAdmission } from "../wire/admission.ts";
import { type Answer, readAnswer } from "../wire/answer.ts";
import { readChallenge, writeHello } from "../wire/hello.ts";
import { NONCE_BYTES } from "../wire/kinds.ts";
import { Retry } from "./retry.ts";

/** An admission that is not answered is begun anew after so many repeats: its cookie may be for another address. */
const MAX_REPEATS = 3;

/** What a peer needs to be admitted. */
export interface AttemptInit {
  readonly suite: CryptoSuite;
  readonly relayStatic: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly side: RelaySide;
  readonly lease: Uint8Array;
  /** The number of its first admission. */
  readonly firstNumber: number;
  readonly now: Micros;
}

/** One way through the door: hello, challenge, admission, answer, as often as it takes until `deadline`. */
export class AdmissionAttempt implements Disposable {
  readonly lease: Uint8Array;
  readonly deadline: Micros;
  readonly #init: AttemptInit;
  #nonce: Uint8Array;
  /** What is sent now: the hello, then the admission. */
  #said: Uint8Array;
  #saidAt: Micros;
  #codeKey: Uint8Array | undefined;
  #retry: Retry;
  #number: number;
  #isWaiting = true;
  #rtt: Micros | undefined;

  constructor(init: AttemptInit) {
    this.#init = init;
    this.lease = init.lease;
    this.deadline = init.now + RELAY_TIMES.admissionDeadline;
    this.#number = init.firstNumber;
    this.#nonce = init.suite.randomBytes(NONCE_BYTES);
    this.#said = writeHello(this.#nonce);
    this.#saidAt = init.now;
    this.#retry = new Retry(init.now);
  }

  /** The number of the next admission. */
  get nextNumber(): number {
    return this.#number;
  }

  /** From a hello to its challenge, if neither was repeated. */
  get rtt(): Micros | undefined {
    return this.#rtt;
  }

  /** The key of the answer that was read. Owned by who takes it. */
  takeCodeKey(): Uint8Array {
    const key = this.#codeKey;
    if (key === undefined) throw new Error("there is no answer");
    this.#codeKey = undefined;
    return key;
  }

  pollTimeout(): Micros {
    return Math.min(this.deadline, this.#retry.at);
  }

  /** What is to be sent now, if anything: borrowed. */
  pollTransmit(): Uint8Array | undefined {
    if (!this.#isWaiting) return undefined;
    this.#isWaiting = false;
    return this.#said;
  }

  handleTimeout(now: Micros): void {
    if (!this.#retry.isDue(now)) return;
    if (this.#codeKey !== undefined && this.#retry.count > MAX_REPEATS) this.#greet(now);
    this.#isWaiting = true;
  }

  /** Takes a challenge. Throws WireError. */
  challenge(datagram: Uint8Array, now: Micros): void {
    const { nonce, cookie } = readChallenge(datagram);
    if (this.#codeKey !== undefined || !equalBytes(nonce, this.#nonce)) return;
    if (this.#retry.count === 0) this.#rtt = now - this.#saidAt;
    const { suite, relayStatic, sign, side, lease } = this.#init;
    const ephemeralPrivate = suite.randomBytes(KEY_BYTES);
    const number = this.#number++;
    const admission = writeAdmission(suite, {
      ...{ nonce, cookie, ephemeralPrivate, relayStatic, side, number, lease, sign },
    });
    suite.wipe(ephemeralPrivate);
    this.#codeKey = admission.codeKey;
    this.#say(admission.bytes, now);
  }

  /** Takes an answer; undefined where it is not to this attempt. Throws WireError. */
  answer(datagram: Uint8Array): Answer | undefined {
    if (this.#codeKey === undefined) return undefined;
    const answer = readAnswer(this.#init.suite, this.#codeKey, datagram);
    return answer !== undefined && equalBytes(answer.nonce, this.#nonce) ? answer : undefined;
  }

  [Symbol.dispose](): void {
    if (this.#codeKey !== undefined) this.#init.suite.wipe(this.#codeKey);
    this.#codeKey = undefined;
  }

  #greet(now: Micros): void {
    this[Symbol.dispose]();
    this.#nonce = this.#init.suite.randomBytes(NONCE_BYTES);
    this.#say(writeHello(this.#nonce), now);
  }

  #say(bytes: Uint8Array, now: Micros): void {
    this.#said = bytes;
    this.#saidAt = now;
    this.#retry = new Retry(now);
    this.#isWaiting = true;
  }
}
