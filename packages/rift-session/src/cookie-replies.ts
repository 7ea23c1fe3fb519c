import {
  type HandshakePacket,
  type Micros,
  type PacketType,
  writeCookieReply,
} from "@wavry/rift-core";
import { COOKIE_BYTES, CookieJar, type CryptoSuite, HASH_BYTES } from "@wavry/rift-crypto";
import type { Address } from "./admission.ts";
import { Blake2sMac } from "./blake2s-mac.ts";
import { addressBytes, COOKIE_REPLY_LABEL } from "./proofs.ts";

type Initiation = HandshakePacket & { type: typeof PacketType.initiation };

/** Asks initiators to show that they receive at the address that they send from, and keeps nothing meanwhile. */
export class CookieReplies {
  readonly #jar: CookieJar;
  /** What a code covers: label, proof, cookie. */
  readonly #covered = new Uint8Array(COOKIE_REPLY_LABEL.length + 2 * COOKIE_BYTES);
  readonly #code = new Uint8Array(COOKIE_BYTES);

  constructor(suite: CryptoSuite, now: Micros) {
    // Under a flood each cookie is made anew.
    this.#jar = new CookieJar({ ...suite, ...fastHmac(suite) }, now);
    this.#covered.set(COOKIE_REPLY_LABEL);
  }

  /** Whether the initiation has a cookie for the address that it came from. */
  accepts({ cookie }: Initiation, from: Address, now: Micros): boolean {
    // Most of a flood has none at all.
    if (cookie.every((byte) => byte === 0)) return false;
    return this.#jar.verify(cookie, addressBytes(from), now);
  }

  /** The reply to an initiation whose gate is right under `gate`; shorter than the initiation. */
  reply(
    { pattern, senderId, proof }: Initiation,
    gate: Blake2sMac,
    from: Address,
    now: Micros,
  ): Uint8Array {
    const cookie = this.#jar.issue(addressBytes(from), now);
    this.#covered.set(proof, COOKIE_REPLY_LABEL.length);
    this.#covered.set(cookie, COOKIE_REPLY_LABEL.length + COOKIE_BYTES);
    gate.write(this.#code, this.#covered, COOKIE_BYTES);
    return writeCookieReply(pattern, senderId, cookie, this.#code);
  }
}

/** What depends on a key alone is done once, and wiped with it. */
function fastHmac(suite: CryptoSuite): Pick<CryptoSuite, "hmacBlake2s" | "wipe"> {
  const macs = new WeakMap<Uint8Array, Blake2sMac>();
  return {
    hmacBlake2s(key, message) {
      let mac = macs.get(key);
      if (mac === undefined) {
        mac = new Blake2sMac(key);
        macs.set(key, mac);
      }
      const code = new Uint8Array(HASH_BYTES);
      mac.write(code, message!);
      return code;
    },
    wipe(key) {
      macs.get(key)?.[Symbol.dispose]();
      macs.delete(key);
      suite.wipe(key);
    },
  };
}
