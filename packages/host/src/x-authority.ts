import { writeFileSync } from "node:fs";

/** "Any address": with an empty display number beside it, the entry holds for every display (Xauth.h). */
const FAMILY_WILD = 0xffff;
const COOKIE_NAME = "MIT-MAGIC-COOKIE-1";

/**
 * Writes an X authority file with one cookie (16 random bytes, borrowed), readable by its owner only.
 * Server and clients read the same file; it must not exist yet.
 */
export function writeXAuthority(path: string, cookie: Uint8Array): void {
  const name = new TextEncoder().encode(COOKIE_NAME);
  const counted = (bytes: Uint8Array): number[] => [
    bytes.length >> 8,
    bytes.length & 255,
    ...bytes,
  ];
  const none = new Uint8Array(0);
  const entry = [FAMILY_WILD >> 8, FAMILY_WILD & 255].concat(
    ...[none, none, name, cookie].map(counted),
  );
  writeFileSync(path, Uint8Array.from(entry), { mode: 0o600, flag: "wx" });
}
