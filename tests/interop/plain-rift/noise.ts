/** Noise_XX and Noise_XXpsk3 with 25519, ChaChaPoly and BLAKE2s (Noise rev 34; spec/rift-crypto.md §2). */
import { ascii, concat, need } from "./bytes.ts";
import { dh, hash, hmac, open, publicKey, seal } from "./primitives.ts";

const NONE = new Uint8Array(0);

/** One side of a handshake. A read that throws leaves it as it was. */
export class Noise {
  readonly #initiator: boolean;
  readonly #static: Uint8Array;
  readonly #ephemeral: Uint8Array;
  /** Undefined: XX. The secret may come later, but must be there for message 3. */
  psk: Uint8Array | undefined;
  readonly #withPsk: boolean;
  theirStatic: Uint8Array = NONE;
  #theirEphemeral: Uint8Array = NONE;
  #chain: Uint8Array;
  /** Noise's h. */
  hash: Uint8Array;
  #key: Uint8Array | undefined;
  #nonce = 0;

  constructor(init: {
    initiator: boolean;
    prologue: Uint8Array;
    staticPrivate: Uint8Array;
    ephemeralPrivate: Uint8Array;
    withPsk: boolean;
  }) {
    this.#initiator = init.initiator;
    this.#static = init.staticPrivate;
    this.#ephemeral = init.ephemeralPrivate;
    this.#withPsk = init.withPsk;
    const name = ascii(`Noise_XX${init.withPsk ? "psk3" : ""}_25519_ChaChaPoly_BLAKE2s`);
    this.#chain = name.length <= 32 ? concat(name, new Uint8Array(32 - name.length)) : hash(name);
    this.hash = hash(this.#chain, init.prologue);
  }

  /** → e, empty payload */
  writeFirst(): Uint8Array {
    return concat(this.#sendEphemeral(), this.#encrypt(NONE));
  }

  readFirst(message: Uint8Array): void {
    this.#takeEphemeral(message);
    this.#decrypt(message.subarray(32));
  }

  /** ← e, ee, s, es, payload */
  writeSecond(payload: Uint8Array): Uint8Array {
    const first = this.#sendEphemeral();
    this.#mix(dh(this.#ephemeral, this.#theirEphemeral));
    const second = this.#encrypt(publicKey("X25519", this.#static));
    this.#mix(dh(this.#static, this.#theirEphemeral));
    return concat(first, second, this.#encrypt(payload));
  }

  readSecond(message: Uint8Array): Uint8Array {
    return this.#orUndo(() => {
      this.#takeEphemeral(message);
      this.#mix(dh(this.#ephemeral, this.#theirEphemeral));
      this.theirStatic = this.#decrypt(message.subarray(32, 80));
      this.#mix(dh(this.#ephemeral, this.theirStatic));
      return this.#decrypt(message.subarray(80));
    });
  }

  /** → s, se (psk), payload */
  writeThird(payload: Uint8Array): Uint8Array {
    const first = this.#encrypt(publicKey("X25519", this.#static));
    this.#mix(dh(this.#static, this.#theirEphemeral));
    this.#mixPsk();
    return concat(first, this.#encrypt(payload));
  }

  readThird(message: Uint8Array): Uint8Array {
    return this.#orUndo(() => {
      this.theirStatic = this.#decrypt(message.subarray(0, 48));
      this.#mix(dh(this.#ephemeral, this.theirStatic));
      this.#mixPsk();
      return this.#decrypt(message.subarray(48));
    });
  }

  /** k1 from client to host, k2 from host to client. */
  split(): { fromClient: Uint8Array; fromHost: Uint8Array } {
    const [fromClient, fromHost] = this.#derive(NONE);
    return { fromClient, fromHost };
  }

  get initiator(): boolean {
    return this.#initiator;
  }

  #sendEphemeral(): Uint8Array {
    const key = publicKey("X25519", this.#ephemeral);
    this.#mixEphemeral(key);
    return key;
  }

  #takeEphemeral(message: Uint8Array): void {
    need(message.length >= 32, "a message is too short");
    this.#theirEphemeral = message.slice(0, 32);
    this.#mixEphemeral(this.#theirEphemeral);
  }

  #mixEphemeral(key: Uint8Array): void {
    this.hash = hash(this.hash, key);
    if (this.#withPsk) this.#mix(key);
  }

  #mix(input: Uint8Array): void {
    [this.#chain, this.#key] = this.#derive(input);
    this.#nonce = 0;
  }

  #mixPsk(): void {
    if (!this.#withPsk) return;
    need(this.psk !== undefined, "there is no PSK");
    const [chain, extra, key] = this.#derive(this.psk);
    this.#chain = chain;
    this.hash = hash(this.hash, extra);
    this.#key = key;
    this.#nonce = 0;
  }

  #derive(input: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
    const temporary = hmac(this.#chain, input);
    const first = hmac(temporary, Uint8Array.of(1));
    const second = hmac(temporary, first, Uint8Array.of(2));
    return [first, second, hmac(temporary, second, Uint8Array.of(3))];
  }

  #encrypt(plain: Uint8Array): Uint8Array {
    const sealed =
      this.#key === undefined ? plain : seal(this.#key, this.#nonce++, this.hash, plain);
    this.hash = hash(this.hash, sealed);
    return sealed;
  }

  #decrypt(sealed: Uint8Array): Uint8Array {
    let plain: Uint8Array | undefined = sealed;
    if (this.#key !== undefined) plain = open(this.#key, this.#nonce++, this.hash, sealed);
    need(plain !== undefined, "a message does not verify");
    this.hash = hash(this.hash, sealed);
    return plain;
  }

  #orUndo<T>(task: () => T): T {
    const { hash: before, theirStatic } = this;
    const [chain, key, nonce, ephemeral] = [
      this.#chain,
      this.#key,
      this.#nonce,
      this.#theirEphemeral,
    ];
    try {
      return task();
    } catch (error) {
      this.hash = before;
      this.theirStatic = theirStatic;
      [this.#chain, this.#key, this.#nonce] = [chain, key, nonce];
      this.#theirEphemeral = ephemeral;
      throw error;
    }
  }
}
