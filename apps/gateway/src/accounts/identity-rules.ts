import { domainToASCII } from "node:url";
import { ApiError } from "../gateway-error.ts";

const MAX_EMAIL_CHARS = 254;
const LOCAL_PART = /^(?!\.)(?!.*\.\.)[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~.-]{1,64}(?<!\.)$/u;
const DOMAIN =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const USERNAME = /^[a-z0-9](?:[a-z0-9._-]{1,30})[a-z0-9]$/;
const MAX_DISPLAY_CHARS = 64;
/** All that has no glyph, but the joiners that scripts and emoji need. */
const UNSEEN = /[\p{Cc}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u;

/** Names that would pass for the gateway itself or its people. */
const RESERVED: ReadonlySet<string> = new Set([
  "abuse",
  "admin",
  "administrator",
  "anonymous",
  "api",
  "everyone",
  "gateway",
  "guest",
  "help",
  "hostmaster",
  "info",
  "mail",
  "me",
  "moderator",
  "nobody",
  "noreply",
  "no-reply",
  "null",
  "official",
  "operator",
  "postmaster",
  "root",
  "security",
  "self",
  "staff",
  "support",
  "system",
  "token",
  "undefined",
  "user",
  "wavry",
  "webmaster",
]);

/** An e-mail as it is kept: normal form, lower case, its domain in ASCII. Throws 400 "invalid-email". */
export function normalEmail(text: string): string {
  const email = text.trim().normalize("NFKC").toLowerCase();
  const at = email.lastIndexOf("@");
  const local = email.slice(0, Math.max(at, 0));
  const domain = domainToASCII(email.slice(at + 1));
  const normal = `${local}@${domain}`;
  if (normal.length > MAX_EMAIL_CHARS || !LOCAL_PART.test(local) || !DOMAIN.test(domain))
    throw new ApiError(400, "invalid-email", "this is no e-mail address");
  return normal;
}

/** A username as it is kept. Throws 400 "invalid-username". */
export function normalUsername(text: string): string {
  const username = text.trim().normalize("NFKC").toLowerCase();
  if (!USERNAME.test(username))
    throw new ApiError(
      400,
      "invalid-username",
      "a username has 3 to 32 characters: a to z, digits, and . _ - between them",
    );
  if (RESERVED.has(username))
    throw new ApiError(400, "invalid-username", "this username is reserved");
  return username;
}

/** A display name as it is kept. Throws 400 "invalid-display-name". */
export function normalDisplayName(text: string): string {
  const name = text.normalize("NFC").trim().replace(/\s+/gu, " ");
  const chars = [...name].length;
  if (chars < 1 || chars > MAX_DISPLAY_CHARS || UNSEEN.test(text))
    throw new ApiError(
      400,
      "invalid-display-name",
      `a name has 1 to ${MAX_DISPLAY_CHARS} characters that can be seen`,
    );
  return name;
}
