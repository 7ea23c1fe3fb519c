import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const FOLDER = resolve(import.meta.dirname, "../../../../shared/vectors");

/** Where a file of test vectors is that belongs to others and lies beside the project. */
export function sharedVectorPath(name: string): string {
  return resolve(FOLDER, name);
}

/** The reason to skip a test that needs the file, or false. */
export function missing(name: string): string | false {
  return existsSync(sharedVectorPath(name)) ? false : `../shared/vectors/${name} is not here`;
}

/** Reads a JSON file of test vectors. */
export function readSharedVectors<T>(name: string): T {
  return JSON.parse(readFileSync(sharedVectorPath(name), "utf8")) as T;
}
