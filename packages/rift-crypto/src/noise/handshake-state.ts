import { concatBytes } from "../bytes.ts";
import { type CryptoSuite, KEY_BYTES, TAG_BYTES } from "../crypto-suite.ts";
import { HandshakeError } from "../handshake-error.ts";
import { findPattern, type Pattern, type Token } from "./patterns.ts";
import { protocolName, SymmetricState } from "./symmetric-state.ts";

/** The longest Noise message, in bytes (rev 34, §3). */
export const MAX_NOISE_MESSAGE_BYTES = 65_535;

/** How a handshake starts. Keys are 32 bytes; all are copied. */
export interface HandshakeOptions {
  readonly suite: CryptoSuite;
  /** A name such as "XX" or "XXpsk3". */
  readonly pattern: string;
  readonly initiator: boolean;
  readonly prologue: Uint8Array;
  /** Our static private key, where the pattern needs one. */
  readonly staticPrivate?: Uint8Array | undefined;
  /** A fixed ephemeral private key; for test vectors only. */
  readonly ephemeralPrivate?: Uint8Array | undefined;
  /** The other side's static public key, where the pattern knows it beforehand. */
  readonly remoteStatic?: Uint8Array | undefined;
  /** Pre-shared keys in the order of the pattern's psk tokens; or `setPsk` later. */
  readonly psks?: readonly Uint8Array[] | undefined;
}

/** The two transport keys of one side; owned by the caller, who wipes them. */
export interface TransportKeys {
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
}

interface KeyPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/**
 * One side of a Noise handshake with 25519, ChaChaPoly and BLAKE2s (rev 34, §5.3).
 * A message that throws ends it and wipes it; keep a `clone()` where another attempt must be possible.
 */
export class HandshakeState implements Disposable {
  readonly #options: HandshakeOptions;
  readonly #suite: CryptoSuite;
  readonly #pattern: Pattern;
  readonly #initiator: boolean;
  readonly #hasPsk: boolean;
  readonly #symmetric: SymmetricState;
  readonly #static: KeyPair | undefined;
  readonly #psks: Uint8Array[];
  #ephemeral: KeyPair | undefined;
  #remoteStatic: Uint8Array | undefined;
  #remoteEphemeral: Uint8Array | undefined;
  #nextMessage = 0;
  #ended = false;

  /** Throws TypeError for an unknown pattern or a key that is missing, RangeError for a wrong length. */
  constructor(options: HandshakeOptions, copyOf?: HandshakeState) {
    const { suite, initiator } = options;
    const found = findPattern(options.pattern);
    if (found === undefined) throw new TypeError(`unknown Noise pattern ${options.pattern}`);
    this.#suite = suite;
    this.#pattern = found;
    this.#initiator = initiator;
    this.#hasPsk = found.messages.some((message) => message.includes("psk"));
    this.#options = options;
    if (copyOf !== undefined) {
      this.#symmetric = copyOf.#symmetric.clone();
      this.#static = copyPair(copyOf.#static);
      this.#psks = copyOf.#psks.map((psk) => psk.slice());
      this.#ephemeral = copyPair(copyOf.#ephemeral);
      this.#remoteStatic = copyOf.#remoteStatic;
      this.#remoteEphemeral = copyOf.#remoteEphemeral;
      this.#nextMessage = copyOf.#nextMessage;
      this.#ended = copyOf.#ended;
      return;
    }
    this.#static = this.#pair(options.staticPrivate);
    this.#ephemeral = this.#pair(options.ephemeralPrivate);
    this.#remoteStatic = options.remoteStatic && copyKey(options.remoteStatic);
    this.#psks = options.psks?.map(copyKey) ?? [];
    this.#symmetric = new SymmetricState(suite, protocolName(options.pattern));
    this.#symmetric.mixHash(options.prologue);
    this.#mixPreMessages(found.initiatorPreMessage, initiator);
    this.#mixPreMessages(found.responderPreMessage, !initiator);
  }

  /** The other side's static public key, once it is known. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic;
  }

  /** Noise's h: equal on both sides after the last message; a copy. */
  get handshakeHash(): Uint8Array {
    return this.#symmetric.hash.slice();
  }

  /** Whether all messages have passed and `split` is due. */
  get isFinished(): boolean {
    return this.#nextMessage >= this.#pattern.messages.length;
  }

  /** Gives the pre-shared key (32 bytes, copied) before its token is reached. Throws RangeError. */
  setPsk(psk: Uint8Array): void {
    this.#psks.push(copyKey(psk));
  }

  /** Writes the next message with `payload`; owned. Throws TypeError out of turn, HandshakeError "invalid-key". */
  writeMessage(payload: Uint8Array): Uint8Array {
    const tokens = this.#takeMessage(true);
    return this.#orEnd(() => {
      const parts: Uint8Array[] = [];
      for (const token of tokens) {
        if (token === "e") {
          this.#ephemeral ??= this.#pair(this.#suite.randomBytes(KEY_BYTES));
          parts.push(this.#own("e").publicKey);
          this.#mixEphemeral(this.#own("e").publicKey);
        } else if (token === "s")
          parts.push(this.#symmetric.encryptAndHash(this.#own("s").publicKey));
        else this.#mixSecret(token);
      }
      parts.push(this.#symmetric.encryptAndHash(payload));
      const message = concatBytes(...parts);
      if (message.length > MAX_NOISE_MESSAGE_BYTES)
        throw new RangeError("a Noise message is over 65535 bytes");
      return message;
    });
  }

  /** Reads the next message and gives its payload; owned. Throws HandshakeError; TypeError out of turn. */
  readMessage(message: Uint8Array): Uint8Array {
    const tokens = this.#takeMessage(false);
    return this.#orEnd(() => {
      if (message.length > MAX_NOISE_MESSAGE_BYTES)
        throw new HandshakeError("malformed", "a Noise message is over 65535 bytes");
      let at = 0;
      const take = (length: number): Uint8Array => {
        if (at + length > message.length)
          throw new HandshakeError("malformed", "a handshake message is too short");
        at += length;
        return message.subarray(at - length, at);
      };
      for (const token of tokens) {
        if (token === "e") {
          this.#remoteEphemeral = take(KEY_BYTES).slice();
          this.#mixEphemeral(this.#remoteEphemeral);
        } else if (token === "s") {
          const length = this.#symmetric.hasKey ? KEY_BYTES + TAG_BYTES : KEY_BYTES;
          this.#remoteStatic = this.#symmetric.decryptAndHash(take(length));
        } else this.#mixSecret(token);
      }
      return this.#symmetric.decryptAndHash(message.subarray(at));
    });
  }

  /** Ends the handshake: the transport keys, once. Throws TypeError before the last message. */
  split(): TransportKeys {
    if (!this.isFinished || this.#ended) throw new TypeError("the handshake is not at its end");
    this.#ended = true;
    const [first, second] = this.#symmetric.split();
    this[Symbol.dispose]();
    return this.#initiator ? { send: first, receive: second } : { send: second, receive: first };
  }

  /** A copy that goes its own way, such as to try one of several pre-shared keys. */
  clone(): HandshakeState {
    return new HandshakeState(this.#options, this);
  }

  /** Wipes all secrets; public keys and the hash stay readable. Idempotent. */
  [Symbol.dispose](): void {
    this.#ended = true;
    this.#symmetric.dispose();
    for (const psk of this.#psks) this.#suite.wipe(psk);
    this.#psks.length = 0;
    for (const pair of [this.#static, this.#ephemeral])
      if (pair !== undefined) this.#suite.wipe(pair.privateKey);
  }

  /** What is half done cannot be done again: a state that threw is of no more use. */
  #orEnd<T>(task: () => T): T {
    try {
      return task();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #takeMessage(writing: boolean): readonly Token[] {
    const message = this.#pattern.messages[this.#nextMessage];
    const initiatorsTurn = this.#nextMessage % 2 === 0;
    if (message === undefined || this.#ended || (initiatorsTurn === this.#initiator) !== writing)
      throw new TypeError("it is not this side's turn in the handshake");
    this.#nextMessage++;
    return message;
  }

  #mixPreMessages(tokens: readonly ("e" | "s")[], ours: boolean): void {
    for (const token of tokens) {
      const theirs = token === "s" ? this.#remoteStatic : this.#remoteEphemeral;
      const key = ours ? this.#own(token).publicKey : theirs;
      if (key === undefined) throw new TypeError(`the pattern needs the remote key "${token}"`);
      if (token === "e") this.#mixEphemeral(key);
      else this.#symmetric.mixHash(key);
    }
  }

  /** With pre-shared keys, ephemeral keys are mixed into the key as well (Noise §9.2). */
  #mixEphemeral(key: Uint8Array): void {
    this.#symmetric.mixHash(key);
    if (this.#hasPsk) this.#symmetric.mixKey(key);
  }

  #mixSecret(token: Exclude<Token, "e" | "s">): void {
    if (token === "psk") {
      const psk = this.#psks.shift();
      if (psk === undefined) throw new TypeError("the pattern needs a pre-shared key");
      this.#symmetric.mixKeyAndHash(psk);
      this.#suite.wipe(psk);
      return;
    }
    // The token names the initiator's key first.
    const own = (this.#initiator ? token[0] : token[1]) as "e" | "s";
    const other = this.#initiator ? token[1] : token[0];
    const remote = other === "e" ? this.#remoteEphemeral : this.#remoteStatic;
    if (remote === undefined) throw new TypeError(`the pattern needs the remote key "${other}"`);
    const secret = this.#suite.x25519(this.#own(own).privateKey, remote);
    this.#symmetric.mixKey(secret);
    this.#suite.wipe(secret);
  }

  #own(kind: "e" | "s"): KeyPair {
    const pair = kind === "e" ? this.#ephemeral : this.#static;
    if (pair === undefined) throw new TypeError(`the pattern needs our key "${kind}"`);
    return pair;
  }

  #pair(privateKey: Uint8Array | undefined): KeyPair | undefined {
    if (privateKey === undefined) return undefined;
    const owned = copyKey(privateKey);
    return { privateKey: owned, publicKey: this.#suite.x25519PublicKey(owned) };
  }
}

function copyKey(key: Uint8Array): Uint8Array {
  if (key.length !== KEY_BYTES) throw new RangeError("a key has 32 bytes");
  return key.slice();
}

function copyPair(pair: KeyPair | undefined): KeyPair | undefined {
  return pair && { privateKey: pair.privateKey.slice(), publicKey: pair.publicKey };
}
