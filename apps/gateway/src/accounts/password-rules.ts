import { ApiError } from "../gateway-error.ts";
import { COMMON_BASES, COMMON_PASSWORDS } from "./common-passwords.ts";

/** OWASP ASVS 4.0.3, 2.1.1 and 2.1.2. */
const MIN_CHARS = 12;
const MAX_CHARS = 128;
const MIN_DIFFERENT = 4;

/** What a password must not repeat. */
export interface PasswordOwner {
  readonly email: string;
  readonly username: string;
}

/** Throws 400 "weak-password" with what to change. */
export function requireGoodPassword(password: string, owner: PasswordOwner): void {
  const chars = [...password.normalize("NFC")];
  if (chars.length < MIN_CHARS || chars.length > MAX_CHARS)
    throw weak(`a password has ${MIN_CHARS} to ${MAX_CHARS} characters`);
  const plain = chars.join("").toLowerCase();
  if (new Set(plain).size < MIN_DIFFERENT) throw weak("use more different characters");
  const [local = ""] = owner.email.split("@");
  if ([owner.email, owner.username, local].includes(stripEnd(plain)) || plain === owner.email)
    throw weak("a password must not be your e-mail or your name");
  if (COMMON_PASSWORDS.has(plain) || COMMON_BASES.has(stripEnd(plain)))
    throw weak("this password is among the first that anyone would try; choose another one");
}

/** Without the digits and signs that people put behind a word. */
function stripEnd(plain: string): string {
  return plain.replace(/[^\p{L}]+$/u, "");
}

function weak(message: string): ApiError {
  return new ApiError(400, "weak-password", message);
}
