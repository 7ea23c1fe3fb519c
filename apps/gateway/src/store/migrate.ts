import { Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Logger } from "pino";
import { ApiError } from "../gateway-error.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Tables } from "./schema.ts";
import { copyDatabase } from "./sqlite-copy.ts";
import type { StoreOptions } from "./store.ts";

/** What tests and the program around it may say. */
export interface MigrateOptions {
  readonly log?: Logger | undefined;
  readonly migrations?: Readonly<Record<string, Migration>>;
}

/**
 * Brings the tables up to date, forwards only. Processes that start at the same time wait for the first of them. An
 * embedded database that holds something is copied first, beside itself.
 */
export async function migrate(
  db: Kysely<Tables>,
  store: StoreOptions,
  options: MigrateOptions = {},
): Promise<void> {
  const { log, migrations = MIGRATIONS } = options;
  if (store.kind === "sqlite") {
    // All of it in one transaction, which keeps other processes out: nobody copies or migrates twice.
    await db.transaction().execute(async (transaction) => {
      const pending = await pendingMigrations(transaction, migrations);
      if (pending.first !== undefined && pending.some && store.file !== ":memory:") {
        const copy = `${store.file}.before-${pending.first}`;
        log?.info({ copy }, "copying the database before its migration");
        copyDatabase(store.file, copy, { replace: true });
      }
      if (pending.first !== undefined) await run(transaction, migrations);
    });
    return;
  }
  const pending = await pendingMigrations(db, migrations);
  if (pending.first === undefined) return;
  if (pending.some)
    log?.warn("migrating the database; back it up yourself (pg_dump) before such an upgrade");
  const { ServerDialect } = await import("./postgres-dialect.ts");
  // Without the limits that hold for requests: an index may take its time.
  const patient = new Kysely<Tables>({
    dialect: new ServerDialect(store.url, { patient: true }),
  });
  try {
    await run(patient, migrations);
  } finally {
    await patient.destroy();
  }
}

async function run(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** The first migration that is still to come, and whether some have run. Throws if the database is of a newer version. */
async function pendingMigrations(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<{ first: string | undefined; some: boolean }> {
  const names = Object.keys(migrations).sort();
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration"))
    return { first: names[0], some: false };
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const done = new Set(rows.map(({ name }) => name));
  const unknown = [...done].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ApiError(
      500,
      "store-too-new",
      `the database was made by a newer version (it has the migration ${unknown}): run that one, or restore the copy that was made before it`,
    );
  return { first: names.find((name) => !done.has(name)), some: done.size > 0 };
}
