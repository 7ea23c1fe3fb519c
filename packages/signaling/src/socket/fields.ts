import Type, { type TInteger, type TString } from "typebox";

/** What is not named is not taken. */
export const STRICT = { additionalProperties: false } as const;

/** A Wavry ID in its one canonical spelling. */
export function wavryId(): TString {
  return Type.String({ pattern: "^wavry1[02-9ac-hj-np-z]{58}$" });
}

/** An X25519 or Ed25519 public key: 32 bytes, base64url. */
export function publicKey(): TString {
  return Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });
}

/** An Ed25519 signature: 64 bytes, base64url. */
export function signature(): TString {
  return Type.String({ pattern: "^[A-Za-z0-9_-]{86}$" });
}

/** A device's certificate: 96 bytes, base64url. */
export function certificate(): TString {
  return Type.String({ pattern: "^[A-Za-z0-9_-]{128}$" });
}

/** A name for something that went wrong or ended, for programs: kebab-case. */
export function code(): TString {
  return Type.String({ pattern: "^[a-z][a-z0-9-]{0,39}$" });
}

/** The number of a message in its direction, from 1. */
export function sequence(minimum = 1): TInteger {
  return Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER });
}

/** An IPv4 or IPv6 address, or a host name. */
export function networkAddress(): TString {
  return Type.String({ maxLength: 253, pattern: "^[A-Za-z0-9._:%-]+$" });
}

/** A UDP or TCP port. */
export function networkPort(): TInteger {
  return Type.Integer({ minimum: 1, maximum: 65_535 });
}

/** A grant as a compact JWS. */
export function jws(): TString {
  return Type.String({
    maxLength: 2_048,
    pattern: "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$",
  });
}
