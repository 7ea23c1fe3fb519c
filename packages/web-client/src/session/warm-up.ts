import { browserSuite } from "../browser-suite.ts";

/** So often a browser has compiled the curves for good. */
const ROUNDS = 8;
/** About a datagram. */
const TEXT_BYTES = 1_180;

/**
 * Uses the primitives of a handshake with keys of no meaning: their tables are made and their code is compiled before the
 * first connection needs them, which saves it some 50 ms.
 */
export function warmUpHandshake(): void {
  const suite = browserSuite;
  const secret = suite.randomBytes(32);
  const message = suite.randomBytes(64);
  const text = suite.randomBytes(TEXT_BYTES);
  const sealed = new Uint8Array(TEXT_BYTES + 16);
  using aead = suite.aead(secret);
  warmUpSignatures();
  for (let round = 0; round < ROUNDS; round++) {
    suite.x25519(secret, suite.x25519PublicKey(secret));
    suite.hmacBlake2s(suite.blake2s(message), message);
    const length = aead.seal(sealed, 0, round, message, text);
    aead.open(text, 0, round, message, sealed.subarray(0, length));
  }
}

/** The same for signatures alone: what a page checks of its host. */
export function warmUpSignatures(): void {
  const suite = browserSuite;
  const secret = suite.randomBytes(32);
  const message = suite.randomBytes(64);
  const identityKey = suite.ed25519PublicKey(secret);
  const signature = suite.ed25519Sign(secret, message);
  for (let round = 0; round < ROUNDS; round++) suite.ed25519Verify(identityKey, message, signature);
}
