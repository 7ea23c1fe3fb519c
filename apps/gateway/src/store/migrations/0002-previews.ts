import type { Kysely } from "kysely";

/** Whether browsers may keep a small picture of a host's screen: no, unless its owner says so. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("devices")
    .addColumn("previews", "integer", (c) => c.notNull().defaultTo(0))
    .execute();
}
