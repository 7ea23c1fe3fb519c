import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";

/** Why a copy cannot be made or put back; the message says what to do. */
export class CopyError extends Error {
  override readonly name = "CopyError";
}

/**
 * Writes a consistent copy of an embedded database, also while a gateway uses it, and checks it before it gets its
 * name. All or nothing; mode 0600. Throws CopyError, also where `target` is there and `replace` is not set.
 */
export function copyDatabase(
  source: string,
  target: string,
  options: { readonly replace?: boolean } = {},
): void {
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    closeSync(openSync(temporary, "wx", 0o600));
    using database = closing(new Database(source, { readonly: true, fileMustExist: true }));
    database.prepare("vacuum into ?").run(temporary);
    checkDatabase(temporary);
    makeLast(temporary);
    if (options.replace === true) renameSync(temporary, target);
    // A link never replaces what is there.
    else linkSync(temporary, target);
    makeLast(dirname(target));
  } catch (cause) {
    if (cause instanceof CopyError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new CopyError(
      code === "EEXIST"
        ? `${target} is there already; name another file`
        : `${source} cannot be copied to ${target}: ${message}`,
      { cause },
    );
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Puts a copy in the place of an embedded database, all or nothing; what was there stays beside it, and its name is
 * given back. Throws CopyError while a gateway has the database open, and where the copy is damaged.
 */
export function restoreDatabase(copy: string, target: string): string | undefined {
  checkDatabase(copy);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    copyDatabase(copy, temporary);
    const kept = setAside(target);
    renameSync(temporary, target);
    makeLast(dirname(target));
    return kept;
  } catch (cause) {
    if (cause instanceof CopyError) throw cause;
    throw new CopyError(`${target} cannot be written: ${(cause as Error).message}`, { cause });
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Throws CopyError unless the file holds an undamaged database of a gateway. */
export function checkDatabase(file: string): void {
  try {
    using database = closing(new Database(file, { readonly: true, fileMustExist: true }));
    const found = database.pragma("integrity_check", { simple: true });
    if (found !== "ok") throw new CopyError(`${file} is damaged: ${found}`);
    const table = database
      .prepare("select 1 from sqlite_schema where type = 'table' and name = 'kysely_migration'")
      .get();
    if (table === undefined) throw new CopyError(`${file} is no database of a gateway`);
  } catch (cause) {
    if (cause instanceof CopyError) throw cause;
    throw new CopyError(`${file} is no database that can be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Renames a database that nobody has open, as one whole file. */
function setAside(target: string): string | undefined {
  let database: Database.Database;
  try {
    database = new Database(target, { fileMustExist: true, timeout: 0 });
  } catch {
    return undefined;
  }
  const kept = `${target}.replaced-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
  using _ = closing(database);
  try {
    // Only the last one that has it open can leave WAL mode, so this tells whether a gateway runs on it.
    if (database.pragma("journal_mode = DELETE", { simple: true }) !== "delete")
      throw new CopyError("busy");
    database.exec("begin exclusive");
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT") {
      renameSync(target, kept);
      return kept;
    }
    throw new CopyError(`a gateway uses ${target}; stop it first`, { cause });
  }
  renameSync(target, kept);
  return kept;
}

function closing(database: Database.Database): Database.Database & Disposable {
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}

/** Writes a file or folder through to the disk. */
function makeLast(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
