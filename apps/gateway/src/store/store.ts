import Database from "better-sqlite3";
import { Kysely, PostgresDialect, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Tables } from "./schema.ts";

/** Where accounts, devices and grants are kept. */
export type StoreOptions =
  /** An embedded database in one file; ":memory:" for tests. */
  | { readonly kind: "sqlite"; readonly file: string }
  /** A server that several replicas share: postgres://user:password@host/database. */
  | { readonly kind: "postgres"; readonly url: string };

/** An open database with all tables. */
export interface Store extends AsyncDisposable {
  readonly kind: StoreOptions["kind"];
  readonly db: Kysely<Tables>;
}

/** Whole numbers of 8 bytes come as numbers: ours stay below 2^53. */
const PG_INT8 = 20;
const PG_CONNECTIONS = 10;
const SQLITE_BUSY_MS = 5_000;

/** Opens the database and brings its tables up to date. Rejects with what the driver says. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const db = new Kysely<Tables>({
    dialect: options.kind === "sqlite" ? sqliteDialect(options.file) : postgresDialect(options.url),
  });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    kind: options.kind,
    db,
    [Symbol.asyncDispose]: () => {
      closing ??= db.destroy();
      return closing;
    },
  };
}

function sqliteDialect(file: string): SqliteDialect {
  const database = new Database(file);
  database.pragma("journal_mode = WAL");
  // What was acknowledged survives a power cut too.
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");
  database.pragma(`busy_timeout = ${SQLITE_BUSY_MS}`);
  return new SqliteDialect({ database });
}

function postgresDialect(url: string): PostgresDialect {
  const types = {
    getTypeParser: (oid: number, format?: "text" | "binary") =>
      oid === PG_INT8 ? Number : pg.types.getTypeParser(oid, format as "text"),
  };
  const pool = new pg.Pool({ connectionString: url, max: PG_CONNECTIONS, types });
  // A connection that breaks while it is idle is replaced at the next query.
  pool.on("error", () => {});
  return new PostgresDialect({ pool });
}

async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
