import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { KeyringError } from "./keyring-error.ts";
import { reasonOf } from "./write-file.ts";

/** Where keys and paired devices are kept: $WAVRY_HOME, else $XDG_CONFIG_HOME/wavry, else ~/.config/wavry. */
export function defaultKeyringDirectory(): string {
  const { WAVRY_HOME, XDG_CONFIG_HOME } = process.env;
  if (WAVRY_HOME) return WAVRY_HOME;
  return join(XDG_CONFIG_HOME || join(homedir(), ".config"), "wavry");
}

/** Makes the folder, for its owner only. Throws KeyringError. */
export function ensureDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new KeyringError(
      "unreadable",
      `the folder ${directory} cannot be made: ${reasonOf(cause)}`,
      { cause },
    );
  }
}
