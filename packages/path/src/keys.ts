import { readU32 } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import { ascii } from "./bytes.ts";

const KEY_LABEL = ascii("wavry path v1");
const ID_LABEL = ascii("wavry path id v1");
const CODE_LABEL = ascii("wavry path code v1");
/** 1 to 128 printable characters of ASCII. */
const SESSION_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * The key of a session's checks, 32 bytes: from both sides' static keys and the session's id at the gateway, so that only the
 * two can know it and it is another one for each session (spec/path.md §2). The same for both. Throws HandshakeError "invalid-key",
 * and TypeError where the id is not 1 to 128 printable characters of ASCII.
 */
export function pathKey(
  suite: CryptoSuite,
  staticPrivate: Uint8Array,
  peerStatic: Uint8Array,
  sessionId: string,
): Uint8Array {
  if (!SESSION_ID.test(sessionId)) throw new TypeError("not a session id");
  const shared = suite.x25519(staticPrivate, peerStatic);
  const key = suite.hmacBlake2s(shared, KEY_LABEL, ascii(sessionId));
  suite.wipe(shared);
  return key;
}

/** What comes of a session's path key. */
export interface PathKeys {
  /** In the clear in each datagram: which session it is of. */
  readonly pathId: number;
  /** 32 bytes; secret. */
  readonly codeKey: Uint8Array;
}

/** Path id and code key of a path key (borrowed). */
export function derivePathKeys(suite: CryptoSuite, key: Uint8Array): PathKeys {
  return {
    pathId: readU32(suite.hmacBlake2s(key, ID_LABEL), 0),
    codeKey: suite.hmacBlake2s(key, CODE_LABEL),
  };
}
