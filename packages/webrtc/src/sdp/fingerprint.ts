const FINGERPRINT = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})[ \t]*\r?$/gim;

/**
 * The SHA-256 fingerprint of the DTLS certificate in a description (RFC 8122 §5): 32 bytes in upper-case hex with
 * colons. Undefined where there is none, or where sections name different ones, which nobody needs.
 */
export function fingerprintOf(sdp: string): string | undefined {
  let found: string | undefined;
  for (const [, value] of sdp.matchAll(FINGERPRINT)) {
    const fingerprint = value!.toUpperCase();
    if (found !== undefined && found !== fingerprint) return undefined;
    found = fingerprint;
  }
  return found;
}
