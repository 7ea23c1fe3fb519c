import { Kysely, sql } from "kysely";
import { type MigrateOptions, migrate } from "./migrate.ts";
import type { Tables } from "./schema.ts";
import { EmbeddedDialect } from "./sqlite-dialect.ts";

/** Where accounts, devices and grants are kept. */
export type StoreOptions =
  /** An embedded database in one file; ":memory:" for tests. */
  | { readonly kind: "sqlite"; readonly file: string }
  /** A server that several replicas share: postgres://user:password@host/database. */
  | { readonly kind: "postgres"; readonly url: string };

/**
 * An open database with all tables. What it cannot do now it refuses with an ApiError (503 "store-unavailable", 507
 * "storage-full"), whoever asks; what a query itself is wrong about comes as the driver's error (store-errors.ts).
 */
export interface Store extends AsyncDisposable {
  readonly kind: StoreOptions["kind"];
  readonly db: Kysely<Tables>;
  /** Resolves if the database answers. */
  check(): Promise<void>;
}

/** How a store is opened. */
export interface OpenStoreOptions extends MigrateOptions {
  /** For programs that only look: the database must be there, and its tables stay as they are. */
  readonly asItIs?: boolean;
}

/** Opens the database and brings its tables up to date. Rejects with what the driver says. */
export async function openStore(
  store: StoreOptions,
  options: OpenStoreOptions = {},
): Promise<Store> {
  const { asItIs = false } = options;
  const db = new Kysely<Tables>({
    dialect:
      store.kind === "sqlite"
        ? new EmbeddedDialect(store.file, { mustExist: asItIs })
        : // Loaded only where it is needed.
          new (await import("./postgres-dialect.ts")).ServerDialect(store.url),
  });
  try {
    if (!asItIs) await migrate(db, store, options);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    kind: store.kind,
    db,
    check: async () => {
      await sql`select 1 from settings limit 1`.execute(db);
    },
    [Symbol.asyncDispose]: () => {
      closing ??= db.destroy();
      return closing;
    },
  };
}
