import { readU32, writeU32 } from "@wavry/rift-core";
import {
  CERTIFICATE_BYTES,
  type CryptoSuite,
  HandshakeError,
  type SessionIdentity,
  verifyCertificate,
} from "@wavry/rift-crypto";
import type { PeerIdentity } from "./admission.ts";

/** The payload of Noise messages 2 and 3: `| sender's connection id (32) | certificate (96) |`. */
export function writeCertificatePayload(
  connectionId: number,
  identity: SessionIdentity,
): Uint8Array {
  const out = new Uint8Array(4 + CERTIFICATE_BYTES);
  out.set(identity.certificate, writeU32(out, 0, connectionId));
  return out;
}

/**
 * Who sent the payload, once its certificate is found to bind `staticKey`. Bytes after the
 * certificate are ignored. Throws HandshakeError.
 */
export function readCertificatePayload(
  suite: CryptoSuite,
  payload: Uint8Array,
  connectionId: number,
  staticKey: Uint8Array,
): Omit<PeerIdentity, "paired"> {
  if (payload.length < 4 + CERTIFICATE_BYTES)
    throw new HandshakeError("malformed", "a handshake payload is too short");
  if (readU32(payload, 0) !== connectionId)
    throw new HandshakeError("not-authentic", "a connection id was changed on the way");
  const certificate = payload.subarray(4, 4 + CERTIFICATE_BYTES);
  const { wavryId, identityKey } = verifyCertificate(suite, certificate, staticKey);
  return { wavryId, identityKey, staticKey: staticKey.slice() };
}
