import type { Kysely } from "kysely";

/** Relays, what sessions use them for, and whose reports on them are believed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("relays")
    .addColumn("id", "text", (c) => c.notNull())
    .addColumn("static_key", "text", (c) => c.notNull())
    .addColumn("addresses", "text", (c) => c.notNull())
    .addColumn("tls", "text")
    .addColumn("reachable", "text", (c) => c.notNull())
    .addColumn("region", "text", (c) => c.notNull())
    .addColumn("version", "text", (c) => c.notNull())
    .addColumn("network", "text", (c) => c.notNull())
    .addColumn("told_state", "text", (c) => c.notNull())
    .addColumn("load", "text", (c) => c.notNull())
    .addColumn("heartbeat_at", "bigint", (c) => c.notNull())
    .addColumn("nonces", "text", (c) => c.notNull())
    .addColumn("first_seen_at", "bigint", (c) => c.notNull())
    .addColumn("last_seen_at", "bigint", (c) => c.notNull())
    .addColumn("state", "text", (c) => c.notNull())
    .addColumn("state_since", "bigint", (c) => c.notNull())
    .addColumn("judged_from", "bigint", (c) => c.notNull())
    .addColumn("allowed", "bigint", (c) => c.notNull())
    .addColumn("quarantines", "bigint", (c) => c.notNull())
    .addColumn("failed_checks", "bigint", (c) => c.notNull())
    .addColumn("checked_at", "bigint")
    .addColumn("drained", "bigint", (c) => c.notNull())
    .addColumn("verdict", "text", (c) => c.notNull())
    .addPrimaryKeyConstraint("relays_pk", ["id"])
    .execute();
  await db.schema
    .createTable("relay_uses")
    .addColumn("session_id", "text", (c) => c.notNull())
    .addColumn("relay_id", "text", (c) => c.notNull())
    .addColumn("host_id", "text", (c) => c.notNull())
    .addColumn("client_id", "text", (c) => c.notNull())
    .addColumn("region", "text", (c) => c.notNull())
    .addColumn("lease", "text", (c) => c.notNull())
    .addColumn("first_leased_at", "bigint", (c) => c.notNull())
    .addColumn("leased_at", "bigint", (c) => c.notNull())
    .addColumn("reported_at", "bigint")
    .addColumn("host_reporter", "text")
    .addColumn("host_report", "text")
    .addColumn("client_reporter", "text")
    .addColumn("client_report", "text")
    .addPrimaryKeyConstraint("relay_uses_pk", ["session_id", "relay_id"])
    .execute();
  await db.schema
    .createTable("relay_reporters")
    .addColumn("reporter", "text", (c) => c.notNull())
    .addColumn("record", "text", (c) => c.notNull())
    .addColumn("updated_at", "bigint", (c) => c.notNull())
    .addPrimaryKeyConstraint("relay_reporters_pk", ["reporter"])
    .execute();
  for (const [table, columns] of [
    ["relay_uses", ["relay_id", "reported_at"]],
    ["relay_uses", ["host_id", "leased_at"]],
    ["relay_uses", ["leased_at"]],
    ["relay_reporters", ["updated_at"]],
  ] as const)
    await db.schema
      .createIndex(`${table}_${columns.join("_")}`)
      .on(table)
      .columns([...columns])
      .execute();
}
