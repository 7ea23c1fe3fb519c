/**
 * CLOSE_WEBTRANSPORT_SESSION (WebTransport over HTTP/3 §5), a capsule on the stream of the session's CONNECT:
 *
 *     | code, 32 bits | reason, UTF-8, at most 1024 bytes … |
 */
import { readU32, writeU32 } from "@wavry/rift-core";
import { encodeFrame } from "./frame-reader.ts";
import { Http3Code, Http3Error } from "./http3-error.ts";

export const CapsuleType = { closeSession: 0x2843, drainSession: 0x78ae } as const;
export const MAX_REASON_BYTES = 1024;
export const MAX_CLOSE_BYTES: number = 4 + MAX_REASON_BYTES;

/** The whole capsule. A longer reason is cut between characters. Throws RangeError on the code. */
export function encodeCloseCapsule(code: number, reason: string): Uint8Array {
  if (!(Number.isInteger(code) && code >= 0 && code <= 0xffff_ffff))
    throw new RangeError("a close code is a whole number from 0 to 2^32-1");
  const payload = new Uint8Array(MAX_CLOSE_BYTES);
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(4));
  writeU32(payload, 0, code);
  return encodeFrame(CapsuleType.closeSession, payload.subarray(0, 4 + written));
}

/** Reads the payload of such a capsule. Throws Http3Error for the stream. */
export function decodeCloseCapsule(payload: Uint8Array): { code: number; reason: string } {
  if (payload.length < 4 || payload.length > MAX_CLOSE_BYTES) throw malformed();
  try {
    const reason = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { code: readU32(payload, 0), reason: reason.decode(payload.subarray(4)) };
  } catch {
    throw malformed();
  }
}

function malformed(): Http3Error {
  return new Http3Error(Http3Code.messageError, "a close capsule is malformed", {
    scope: "stream",
  });
}
