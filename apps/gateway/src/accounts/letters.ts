import type { Mail } from "../mail/mailer.ts";
import type { OneTimeLink } from "./one-time-links.ts";

const IGNORE = "If this was not you, you need not do anything.";

/** Confirms a registration's e-mail. */
export function registrationLetter(to: string, link: OneTimeLink): Mail {
  return letter(to, "Confirm your Wavry account", [
    "Someone, probably you, asked for a Wavry account with this e-mail address.",
    `Follow this link to have it:\n${link.url}`,
    until(link),
    IGNORE,
  ]);
}

/** Answers who asked for an account, or a change, with an e-mail that has an account. */
export function knownLetter(to: string): Mail {
  return letter(to, "You have a Wavry account", [
    "Someone, probably you, asked to use this e-mail address for a Wavry account. It has one already: sign in, or reset your password if you do not know it any more.",
    IGNORE,
  ]);
}

/** Brings an invitation. */
export function invitationLetter(to: string, link: OneTimeLink): Mail {
  return letter(to, "You are invited to Wavry", [
    `Follow this link to have an account:\n${link.url}`,
    until(link),
  ]);
}

/** Brings the way to a new password. */
export function resetLetter(to: string, link: OneTimeLink): Mail {
  return letter(to, "Reset your Wavry password", [
    `Follow this link to set a new password:\n${link.url}`,
    until(link),
    IGNORE,
  ]);
}

/** Confirms that an account's new e-mail is its owner's. */
export function newEmailLetter(to: string, link: OneTimeLink): Mail {
  return letter(to, "Confirm your new e-mail for Wavry", [
    `Follow this link to use this address for your Wavry account:\n${link.url}`,
    until(link),
    IGNORE,
  ]);
}

/** Tells an owner what changed, so that nobody takes an account over in silence. */
export function changeLetter(to: string, what: string): Mail {
  return letter(to, "Your Wavry account changed", [
    `${what}.`,
    "If this was not you, reset your password at once, end all sign-ins and tell your administrator.",
  ]);
}

function letter(to: string, subject: string, paragraphs: readonly string[]): Mail {
  return { to, subject, text: `${paragraphs.join("\n\n")}\n` };
}

function until({ expiresAt }: OneTimeLink): string {
  return `It works once, until ${new Date(expiresAt).toUTCString()}.`;
}
