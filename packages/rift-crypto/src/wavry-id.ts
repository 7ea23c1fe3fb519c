import { bech32m } from "@scure/base";
import { KEY_BYTES } from "./crypto-suite.ts";

const PREFIX = "wavry";

/** The text form of an Ed25519 identity key: bech32m (BIP 350) under "wavry", 64 characters. */
export function encodeWavryId(identityKey: Uint8Array): string {
  if (identityKey.length !== KEY_BYTES) throw new RangeError("an identity key has 32 bytes");
  return bech32m.encodeFromBytes(PREFIX, identityKey);
}

/** The identity key of a Wavry ID; undefined where the text is none. Spaces around it do not matter. */
export function decodeWavryId(text: string): Uint8Array | undefined {
  try {
    const { prefix, bytes } = bech32m.decodeToBytes(text.trim());
    return prefix === PREFIX && bytes.length === KEY_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}
