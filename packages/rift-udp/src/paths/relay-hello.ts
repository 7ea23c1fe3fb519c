import { CHALLENGE_BYTES, RelayKind, readChallenge, writeHello } from "@wavry/relay";
import { WireError } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";

const NONCE_BYTES = 8;

/** A hello, and its nonce as hex. */
export function newHello(suite: CryptoSuite): { bytes: Uint8Array; nonce: string } {
  const nonce = suite.randomBytes(NONCE_BYTES);
  return { bytes: writeHello(nonce), nonce: nonce.toHex() };
}

/** The nonce of a challenge (borrowed) as hex; undefined for any other datagram. */
export function readChallengeNonce(datagram: Uint8Array): string | undefined {
  if (datagram.length !== CHALLENGE_BYTES || datagram[0] !== RelayKind.challenge) return undefined;
  try {
    return readChallenge(datagram).nonce.toHex();
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
