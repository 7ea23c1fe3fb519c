import { needBytes, readU16, writeU16 } from "../bytes.ts";
import { WireError } from "../wire-error.ts";
import type { ControlKind } from "./control-frame.ts";

/** Bytes of an X25519 public key. */
const PUBLIC_KEY_BYTES = 32;

/** Bytes of an offer or an answer. */
export const REKEY_BYTES: number = 4 + PUBLIC_KEY_BYTES;

/** An offer of new keys, or its answer. */
export interface RekeyFrame {
  /** The epoch that the new keys are for. */
  readonly epoch: number;
  /** A fresh X25519 public key; a view. */
  readonly publicKey: Uint8Array;
}

/** `| kind 5 offer or 6 answer | flags 0 | epoch (16) | public key (256) |`, spec/rift.md §4.1. */
export function writeRekey(
  out: Uint8Array,
  offset: number,
  kind: typeof ControlKind.rekeyOffer | typeof ControlKind.rekeyAnswer,
  { epoch, publicKey }: RekeyFrame,
): number {
  out[offset] = kind;
  out[offset + 1] = 0;
  const at = writeU16(out, offset + 2, epoch);
  out.set(publicKey.subarray(0, PUBLIC_KEY_BYTES), at);
  return at + PUBLIC_KEY_BYTES;
}

/** Reads either of them. Throws WireError. */
export function readRekey(input: Uint8Array): RekeyFrame {
  needBytes(input, 0, REKEY_BYTES, "new keys");
  const epoch = readU16(input, 2);
  if (epoch === 0) throw new WireError("malformed", "new keys for the first epoch");
  return { epoch, publicKey: input.subarray(4, REKEY_BYTES) };
}
