import { equalBytes, HandshakePattern, type Micros } from "@wavry/rift-core";
import { type CryptoSuite, HandshakeError, type SessionIdentity } from "@wavry/rift-crypto";
import type { Admission } from "./admission.ts";
import { Blake2sMac } from "./blake2s-mac.ts";
import { HANDSHAKE_LIMITS } from "./handshake-limits.ts";
import { pairedProofKey, pairingProofKey } from "./proofs.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Who may have sent an initiation: a paired device, or whoever holds a live pairing secret. */
export interface Candidate {
  /** Checks the proofs under the candidate's proof key. */
  readonly mac: Blake2sMac;
  /** Of a paired device. */
  readonly wavryId?: string;
  readonly staticKey?: Uint8Array;
  /** Of a secret, with what is left of its cookie replies. */
  readonly secret?: Uint8Array;
  readonly cookieReplies?: TokenBucket;
}

/** What the candidates are made from. */
export interface ProofCandidatesInit {
  readonly suite: CryptoSuite;
  readonly identity: SessionIdentity;
  readonly admission: Admission;
  /** Pairing secrets whose keys are kept, beside those that are live. */
  readonly maxSecrets: number;
}

/** The keys of all who may knock, ready to be tried. A candidate stays the same object as long as it may. */
export class ProofCandidates {
  readonly #init: ProofCandidatesInit;
  #paired: readonly Candidate[] = [];
  #isStale = true;
  readonly #pairing = new Map<string, Candidate>();
  readonly #live: Candidate[] = [];

  constructor(init: ProofCandidatesInit) {
    this.#init = init;
  }

  /** Reads the paired devices anew the next time. */
  refresh(): void {
    this.#isStale = true;
  }

  /** All of a pattern; borrowed until the next call. */
  of(pattern: HandshakePattern, now: Micros): readonly Candidate[] {
    if (pattern === HandshakePattern.pairing) return this.#readSecrets(now);
    if (this.#isStale) this.#readDevices();
    return this.#paired;
  }

  /** Forgets all keys. */
  [Symbol.dispose](): void {
    for (const { mac } of this.#paired) mac[Symbol.dispose]();
    this.#paired = [];
    this.#isStale = true;
    this.#live.length = 0;
    this.#forgetDeadSecrets();
  }

  #readDevices(): void {
    const { suite, identity, admission } = this.#init;
    const before = this.#paired;
    const devices: Candidate[] = [];
    for (const { wavryId, staticKey } of admission.pairedStatics()) {
      const known = before.find(
        (one) => one.wavryId === wavryId && equalBytes(one.staticKey!, staticKey),
      );
      try {
        devices.push(
          known ?? {
            mac: this.#newMac(pairedProofKey(suite, identity, staticKey, identity.staticKey)),
            wavryId,
            staticKey: staticKey.slice(),
          },
        );
      } catch (error) {
        // A stored key that gives no secret cannot be anyone's.
        if (!(error instanceof HandshakeError)) throw error;
      }
    }
    for (const one of before) if (!devices.includes(one)) one.mac[Symbol.dispose]();
    this.#paired = devices;
    this.#isStale = false;
  }

  #readSecrets(now: Micros): readonly Candidate[] {
    const { suite, identity, admission, maxSecrets } = this.#init;
    this.#live.length = 0;
    for (const secret of admission.pairingSecrets(now)) {
      const name = secret.toHex();
      let candidate = this.#pairing.get(name);
      if (candidate === undefined) {
        const key = pairingProofKey(suite, secret, identity.wavryId);
        const cookieReplies = new TokenBucket(HANDSHAKE_LIMITS.pairingCookieReplies, now);
        candidate = { mac: this.#newMac(key), secret: secret.slice(), cookieReplies };
        this.#pairing.set(name, candidate);
      }
      this.#live.push(candidate);
    }
    // One that was live a moment ago may still be in the middle of a handshake.
    if (this.#pairing.size > this.#live.length + maxSecrets) this.#forgetDeadSecrets();
    return this.#live;
  }

  #forgetDeadSecrets(): void {
    for (const [name, candidate] of this.#pairing) {
      if (this.#live.includes(candidate)) continue;
      candidate.mac[Symbol.dispose]();
      this.#init.suite.wipe(candidate.secret!);
      this.#pairing.delete(name);
    }
  }

  #newMac(key: Uint8Array): Blake2sMac {
    const mac = new Blake2sMac(key);
    this.#init.suite.wipe(key);
    return mac;
  }
}
