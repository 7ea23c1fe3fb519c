import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from "node:fs";

let count = 0;

/** Writes a new file of mode 0600 beside `path` and through to the disk; gives its name. */
export function writeTemporary(path: string, text: string): string {
  const temporary = `${path}.${process.pid}.${count++}.tmp`;
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  } finally {
    closeSync(file);
  }
  return temporary;
}
