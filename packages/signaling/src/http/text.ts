import Type, { type TString } from "typebox";

/** One line that people read or type: no control characters, at most `maxLength` code points. */
export function line(maxLength: number, minLength = 0): TString {
  return Type.String({ minLength, maxLength, pattern: "^[^\\u0000-\\u001f\\u007f]*$" });
}

/** A token of 256 bits, base64url. */
export function token(): TString {
  return Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });
}

/** An ID of the gateway's, base64url. */
export function id(): TString {
  return Type.String({ pattern: "^[A-Za-z0-9_-]{22}$" });
}
