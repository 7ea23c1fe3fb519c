import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { KeyringError } from "./keyring-error.ts";

/** Writes a new file of mode 0600 beside `path`, through to the disk; gives its name. Throws KeyringError. */
export function writeTemporary(path: string, text: string): string {
  // Not the process's number: a container gives the same one again, and threads share one.
  const temporary = `${path}.${randomUUID()}.tmp`;
  let file: number | undefined;
  try {
    file = openSync(temporary, "wx", 0o600);
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (cause) {
    if (file !== undefined) removeQuietly(temporary);
    throw cannotWrite(path, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return temporary;
}

/** Puts `text` in place of what is in `path`, all or nothing. Throws KeyringError. */
export function replaceFile(path: string, text: string): void {
  const temporary = writeTemporary(path, text);
  try {
    renameSync(temporary, path);
  } catch (cause) {
    removeQuietly(temporary);
    throw cannotWrite(path, cause);
  }
  syncDirectory(path);
}

/** Makes a new or replaced name in the folder of `path` last through a power cut, where that is possible. */
export function syncDirectory(path: string): void {
  try {
    const folder = openSync(dirname(path), "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Windows opens no folders, and some file systems sync none.
  }
}

/** Removes a file that another process may have removed already. */
export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What is gone need not be removed; what cannot be removed does no harm.
  }
}

/** The error for a file that cannot be written. */
export function cannotWrite(path: string, cause: unknown): KeyringError {
  return new KeyringError("unreadable", `${path} cannot be written: ${reasonOf(cause)}`, { cause });
}

/** What the system says, such as "EACCES", for people. */
export function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? "unknown reason";
}
