import { needBytes } from "./bytes.ts";
import type { FeedbackKind } from "./feedback.ts";

/** Bytes of the number that a new path has to bring back. */
export const PATH_TOKEN_BYTES = 8;
export const PATH_PROBE_BYTES: number = 2 + PATH_TOKEN_BYTES;

/** `| kind 6 challenge or 7 answer | flags 0 | token (64) |`, spec/rift.md §5.4. */
export function writePathProbe(
  out: Uint8Array,
  offset: number,
  kind: typeof FeedbackKind.pathChallenge | typeof FeedbackKind.pathAnswer,
  token: Uint8Array,
): number {
  out[offset] = kind;
  out[offset + 1] = 0;
  out.set(token.subarray(0, PATH_TOKEN_BYTES), offset + 2);
  return offset + PATH_PROBE_BYTES;
}

/** The token (a view). Throws WireError. */
export function readPathProbe(input: Uint8Array): Uint8Array {
  needBytes(input, 0, PATH_PROBE_BYTES, "a path probe");
  return input.subarray(2, PATH_PROBE_BYTES);
}
