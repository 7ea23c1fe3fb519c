import { decodeWavryId, verifyCertificate } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";

/** The bytes of base64url text; undefined unless it is exactly what those bytes are written as. */
export function canonicalBytes(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

/** What a device shows of itself. */
export interface ShownKeys {
  readonly wavryId: string;
  /** Base64url. */
  readonly staticKey: string;
  /** Base64url. */
  readonly certificate: string;
}

/** True if the certificate is of this Wavry ID and binds this static key. */
export function keysBelong({ wavryId, staticKey, certificate }: ShownKeys): boolean {
  const key = canonicalBytes(staticKey);
  const bytes = canonicalBytes(certificate);
  if (key === undefined || bytes === undefined) return false;
  try {
    return verifyCertificate(nodeSuite, bytes, key).wavryId === wavryId;
  } catch {
    return false;
  }
}

/** True if the device with this Wavry ID signed the message. */
export function signedBy(wavryId: string, message: Uint8Array, signature: string): boolean {
  const identityKey = decodeWavryId(wavryId);
  const bytes = canonicalBytes(signature);
  return (
    identityKey !== undefined &&
    bytes !== undefined &&
    nodeSuite.ed25519Verify(identityKey, message, bytes)
  );
}
