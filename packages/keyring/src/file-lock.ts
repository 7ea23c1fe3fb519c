import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { KeyringError } from "./keyring-error.ts";
import { cannotWrite } from "./write-file.ts";

const PATIENCE_MILLIS = 5_000;
const SQLITE_BUSY = 5;

/**
 * Runs `task` while no other process or thread is in the same section, which it holds for a moment only.
 * The lock is the system's own on the empty file `lock`, so that it ends with the process that holds it,
 * however that ends; the file stays. Throws KeyringError, "locked" after five seconds.
 */
export function withFileLock<T>(lock: string, task: () => T): T {
  const database = acquire(lock);
  try {
    return task();
  } finally {
    database.close();
  }
}

/** SQLite is the one door that Node has to file locks on all systems. */
function acquire(lock: string): DatabaseSync {
  makePrivate(lock);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lock, { timeout: PATIENCE_MILLIS });
    // The database stays empty: nothing is to be rolled back, so no journal is needed beside it.
    database.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    return database;
  } catch (cause) {
    database?.close();
    const { errcode, errstr } = cause as { errcode?: number; errstr?: string };
    if (errcode === SQLITE_BUSY)
      throw new KeyringError("locked", `another program holds ${lock}; end it and try again`);
    throw new KeyringError(
      "unreadable",
      `${lock} cannot be locked (${errstr}): remove that file and try again`,
      { cause },
    );
  }
}

/**
 * Makes the file where it is missing. One that is there is left alone: to close any handle of it would
 * end a lock that another thread of this process holds.
 */
function makePrivate(lock: string): void {
  try {
    closeSync(openSync(lock, "wx", 0o600));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cannotWrite(lock, cause);
  }
}
