import type { CryptoSuite } from "@wavry/rift-crypto";
import { nobleSuite } from "@wavry/rift-crypto/noble";

/** The primitives as a browser has them: plain JavaScript with the browser's randomness. */
export const browserSuite: CryptoSuite = nobleSuite((length) =>
  crypto.getRandomValues(new Uint8Array(length)),
);
