import { asciiBytes } from "./bytes.ts";
import { type CryptoSuite, HASH_BYTES, KEY_BYTES } from "./crypto-suite.ts";

const FIRST_CHAIN = asciiBytes("wavry rift v1 key chain");
const NEXT_SECRET = asciiBytes("wavry rift v1 next secret");
const CHAIN = asciiBytes("chain");
const FROM_INITIATOR = asciiBytes("initiator to responder");
const FROM_RESPONDER = asciiBytes("responder to initiator");

/** The keys of one epoch; the caller wipes them. */
export interface EpochKeys {
  readonly fromInitiator: Uint8Array;
  readonly fromResponder: Uint8Array;
}

/** What one side keeps between its offer or answer and the new keys. */
export interface EphemeralKey {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** A fresh key pair for one change of keys. */
export function newEphemeralKey(suite: CryptoSuite): EphemeralKey {
  const privateKey = suite.randomBytes(KEY_BYTES);
  return { privateKey, publicKey: suite.x25519PublicKey(privateKey) };
}

/**
 * The chain of keys of a connection (spec/rift-crypto.md §9). Each epoch mixes a fresh Diffie-Hellman result into the
 * chain: who steals today's keys can read neither yesterday's packets nor, once it was at work, tomorrow's.
 */
export class KeySchedule implements Disposable {
  readonly #suite: CryptoSuite;
  #chain: Uint8Array;

  /** Both keys come from Split and are borrowed. */
  constructor(suite: CryptoSuite, split: EpochKeys) {
    this.#suite = suite;
    this.#chain = suite.hmacBlake2s(split.fromInitiator, FIRST_CHAIN, split.fromResponder);
  }

  /**
   * Goes on to the next epoch and gives its keys. `own` is used up and wiped. Throws HandshakeError "invalid-key" for a
   * peer's key that gives nothing, and has then changed nothing.
   */
  advance(own: EphemeralKey, peerKey: Uint8Array, keys: { initiator: boolean }): EpochKeys {
    const suite = this.#suite;
    const shared = suite.x25519(own.privateKey, peerKey);
    const [first, second] = keys.initiator ? [own.publicKey, peerKey] : [peerKey, own.publicKey];
    const secret = suite.hmacBlake2s(this.#chain, NEXT_SECRET, shared, first, second);
    suite.wipe(shared);
    suite.wipe(own.privateKey);
    suite.wipe(this.#chain);
    this.#chain = suite.hmacBlake2s(secret, CHAIN);
    const next = {
      fromInitiator: suite.hmacBlake2s(secret, FROM_INITIATOR),
      fromResponder: suite.hmacBlake2s(secret, FROM_RESPONDER),
    };
    suite.wipe(secret);
    return next;
  }

  /** Wipes the chain. Idempotent. */
  [Symbol.dispose](): void {
    this.#suite.wipe(this.#chain);
    this.#chain = new Uint8Array(HASH_BYTES);
  }
}
