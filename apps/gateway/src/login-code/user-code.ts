import { randomInt } from "node:crypto";

/** RFC 8628 §6.1: no vowels, so no words; nothing that looks like something else. 20^8 codes are 34 bits. */
const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";
const CODE_CHARS = 8;

/** A code that a person reads on one screen and types on another: "BCDF-GHJK". */
export function newUserCode(): string {
  const chars = Array.from({ length: CODE_CHARS }, () => ALPHABET[randomInt(ALPHABET.length)]);
  return `${chars.slice(0, CODE_CHARS / 2).join("")}-${chars.slice(CODE_CHARS / 2).join("")}`;
}

/** The code without what people add; undefined if it cannot be one. */
export function normalUserCode(text: string): string | undefined {
  const code = text.toUpperCase().replace(/[^A-Z]/g, "");
  return code.length === CODE_CHARS && [...code].every((char) => ALPHABET.includes(char))
    ? code
    : undefined;
}
