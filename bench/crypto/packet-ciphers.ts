/** Packet protection by the project's suite, and by what an engineer would reach for on Node. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { type Aead, KEY_BYTES, TAG_BYTES } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";

/** Bytes of a whole datagram, and of the header in front of what is sealed. */
export const DATAGRAM_BYTES = 1200;
export const HEADER_BYTES = 20;
export const PLAINTEXT_BYTES: number = DATAGRAM_BYTES - HEADER_BYTES - TAG_BYTES;

const ALGORITHM = "chacha20-poly1305";
const NONCE_BYTES = 12;

/** `node:crypto`'s streaming cipher, one object a packet: there is no other way in its interface. */
class NodeCryptoAead implements Aead {
  readonly #key: Uint8Array;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(out: Uint8Array, offset: number, counter: number, aad: Uint8Array, plain: Uint8Array) {
    this.#nonce.writeUInt32LE(counter, 4);
    const cipher = createCipheriv(ALGORITHM, this.#key, this.#nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(aad, { plaintextLength: plain.length });
    out.set(cipher.update(plain), offset);
    cipher.final();
    out.set(cipher.getAuthTag(), offset + plain.length);
    return plain.length + TAG_BYTES;
  }

  open(out: Uint8Array, offset: number, counter: number, aad: Uint8Array, sealed: Uint8Array) {
    const length = sealed.length - TAG_BYTES;
    this.#nonce.writeUInt32LE(counter, 4);
    const cipher = createDecipheriv(ALGORITHM, this.#key, this.#nonce, {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(aad, { plaintextLength: length });
    cipher.setAuthTag(sealed.subarray(length));
    out.set(cipher.update(sealed.subarray(0, length)), offset);
    try {
      cipher.final();
    } catch {
      return -1;
    }
    return length;
  }

  [Symbol.dispose](): void {}
}

/** What is compared; the part after the case's name ("" is Wavry's own). */
export const PACKET_CIPHERS: readonly { suffix: string; create(): Aead }[] = [
  { suffix: "", create: () => nodeSuite.aead(nodeSuite.randomBytes(KEY_BYTES)) },
  { suffix: "/node-crypto", create: () => new NodeCryptoAead(nodeSuite.randomBytes(KEY_BYTES)) },
];
