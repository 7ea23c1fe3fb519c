import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A program and the Debian package that brings it. */
export interface Program {
  readonly name: string;
  readonly debianPackage: string;
}

/** Where a program stands on $PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** The command that installs Debian packages. */
export function aptCommand(...packages: readonly string[]): string {
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  return `${sudo}apt-get install ${packages.join(" ")}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
