/** Bytes of a ChaCha20-Poly1305 nonce (RFC 8439). */
export const NONCE_BYTES = 12;

const TWO_POW_32 = 0x1_0000_0000;

/**
 * Noise's ChaChaPoly nonce (rev 34, §12.3): four zero bytes, then the counter (0 to 2^53-1) as 64 bits
 * little-endian. `nonce` has 12 bytes, the first four already zero. Throws RangeError.
 */
export function writeCounterNonce(nonce: Uint8Array, counter: number): void {
  // Two counters that round to the same number would use a nonce twice.
  if (counter < 0 || !Number.isSafeInteger(counter))
    throw new RangeError("a nonce counter is 0 to 2^53-1");
  let low = counter % TWO_POW_32;
  let high = (counter - low) / TWO_POW_32;
  for (let index = 4; index < 8; index++) {
    nonce[index] = low;
    nonce[index + 4] = high;
    low >>>= 8;
    high >>>= 8;
  }
}
