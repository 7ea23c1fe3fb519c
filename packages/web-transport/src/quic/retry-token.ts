/**
 * Tokens of Retry packets (RFC 9000 §8.1.3): whoever brings one back receives at the address that it was sent to. The server
 * remembers nothing for it.
 *
 *     | issued, seconds, 32 | length, 8 | original destination connection ID … | MAC, 16 bytes |
 *
 * The MAC is HMAC-SHA-256, cut short, over what is before it, the connection ID that the Retry gave out, and the address and port.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readU32, writeU32 } from "@wavry/rift-core";

const MAC_BYTES = 16;
const HEAD_BYTES = 5;
const LIFETIME_SECONDS = 15;
const CONTEXT = "wavry retry v1";

/** What a token is bound to. */
export interface RetryBinding {
  readonly address: string;
  readonly port: number;
  /** The connection ID that the Retry packet gave out. */
  readonly connectionId: Uint8Array;
  /** The time, in whole seconds of any clock that does not run backwards. */
  readonly nowSeconds: number;
}

/** Makes tokens and checks them with a secret of its own. */
export class RetryTokens {
  readonly #secret: Uint8Array = randomBytes(32);

  /** A token for a client that wanted this connection ID (at most 20 bytes, borrowed). */
  issue(originalId: Uint8Array, binding: RetryBinding): Uint8Array {
    const token = new Uint8Array(HEAD_BYTES + originalId.length + MAC_BYTES);
    token[writeU32(token, 0, binding.nowSeconds)] = originalId.length;
    token.set(originalId, HEAD_BYTES);
    const signed = token.subarray(0, HEAD_BYTES + originalId.length);
    token.set(this.#mac(signed, binding), signed.length);
    return token;
  }

  /** The original connection ID in a token (borrowed); undefined where it is not ours, or not for this peer and time. */
  verify(token: Uint8Array, binding: RetryBinding): Uint8Array | undefined {
    const signedBytes = token.length - MAC_BYTES;
    if (signedBytes < HEAD_BYTES || signedBytes !== HEAD_BYTES + token[4]!) return undefined;
    const signed = token.subarray(0, signedBytes);
    if (!timingSafeEqual(token.subarray(signedBytes), this.#mac(signed, binding))) return undefined;
    const age = binding.nowSeconds - readU32(token, 0);
    if (age < 0 || age > LIFETIME_SECONDS) return undefined;
    return token.slice(HEAD_BYTES, signedBytes);
  }

  #mac(signed: Uint8Array, { address, port, connectionId }: RetryBinding): Uint8Array {
    return createHmac("sha256", this.#secret)
      .update(`${CONTEXT}\0${address}\0${port}\0`)
      .update(Uint8Array.of(connectionId.length))
      .update(connectionId)
      .update(signed)
      .digest()
      .subarray(0, MAC_BYTES);
  }
}
