import { closeSync, openSync } from "node:fs";
import Database from "better-sqlite3";
import {
  CompiledQuery,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
} from "kysely";
import { guardConnection } from "./guarded-connection.ts";

/** How long a writer waits for another process, such as a migration that it runs. */
const BUSY_MS = 10_000;

/** SQLite in one file, readable by its owner only, or ":memory:". Throws what the driver says. */
export class EmbeddedDialect extends SqliteDialect {
  readonly #database: Database.Database;

  constructor(file: string, options: { readonly mustExist?: boolean } = {}) {
    const { mustExist = false } = options;
    // The files beside it (-wal, -shm) get the same rights from SQLite.
    if (file !== ":memory:" && !mustExist) closeSync(openSync(file, "a", 0o600));
    const database = new Database(file, { timeout: BUSY_MS, fileMustExist: mustExist });
    try {
      database.pragma("journal_mode = WAL");
      // What was acknowledged survives a power cut too.
      database.pragma("synchronous = FULL");
      database.pragma("foreign_keys = ON");
      database.pragma("trusted_schema = OFF");
    } catch (error) {
      database.close();
      throw error;
    }
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    return new EmbeddedDriver({ database: this.#database });
  }

  override createAdapter(): DialectAdapter {
    return new EmbeddedAdapter();
  }
}

class EmbeddedDriver extends SqliteDriver {
  override async acquireConnection(): Promise<DatabaseConnection> {
    return guardConnection(await super.acquireConnection());
  }

  /** Immediate: one that first reads and then writes could otherwise fail at once beside another process. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  /** SQLite has rolled back by itself where the disk was full; to do it again would hide that. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!/no transaction is active/.test((error as Error).message)) throw error;
    }
  }
}

/** SQLite can change tables in a transaction, which Kysely does not count on. */
class EmbeddedAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
