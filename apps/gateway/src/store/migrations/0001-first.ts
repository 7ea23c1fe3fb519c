import type { CreateTableBuilder, Kysely } from "kysely";

/** The first tables. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const text = (name: string, columns: readonly string[], optional: readonly string[] = []) => {
    let table: CreateTableBuilder<string, string> = db.schema.createTable(name);
    for (const column of columns) table = table.addColumn(column, "text", (c) => c.notNull());
    for (const column of optional) table = table.addColumn(column, "text");
    return table;
  };
  await text(
    "users",
    ["id", "email", "username", "display_name", "role"],
    ["password_hash", "ban_reason", "totp_secret"],
  )
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("disabled_at", "bigint")
    .addColumn("banned_at", "bigint")
    .addColumn("banned_until", "bigint")
    .addColumn("totp_confirmed_at", "bigint")
    .addColumn("totp_last_step", "bigint")
    .addPrimaryKeyConstraint("users_pk", ["id"])
    .addUniqueConstraint("users_email", ["email"])
    .addUniqueConstraint("users_username", ["username"])
    .execute();
  await text("recovery_codes", ["user_id", "code_hash"])
    .addColumn("used_at", "bigint")
    .addPrimaryKeyConstraint("recovery_codes_pk", ["user_id", "code_hash"])
    .addForeignKeyConstraint("recovery_codes_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .execute();
  await text("passkeys", ["id", "user_id", "public_key", "transports", "name"])
    .addColumn("counter", "bigint", (c) => c.notNull())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("last_used_at", "bigint")
    .addPrimaryKeyConstraint("passkeys_pk", ["id"])
    .addForeignKeyConstraint("passkeys_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .execute();
  await text("sessions", ["id", "token_hash", "user_id", "kind", "label", "address"])
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("last_seen_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint", (c) => c.notNull())
    .addColumn("second_factor_at", "bigint")
    .addColumn("confirmed_at", "bigint")
    .addPrimaryKeyConstraint("sessions_pk", ["id"])
    .addUniqueConstraint("sessions_token", ["token_hash"])
    .addForeignKeyConstraint("sessions_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .execute();
  await text(
    "one_time_links",
    ["token_hash", "purpose"],
    ["user_id", "email", "details", "role", "created_by"],
  )
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint", (c) => c.notNull())
    .addColumn("used_at", "bigint")
    .addPrimaryKeyConstraint("one_time_links_pk", ["token_hash"])
    .addForeignKeyConstraint("one_time_links_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .execute();
  await text(
    "login_codes",
    ["device_code_hash", "user_code_hash", "label", "address", "state"],
    ["user_id"],
  )
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint", (c) => c.notNull())
    .addColumn("last_polled_at", "bigint")
    .addColumn("interval_seconds", "bigint", (c) => c.notNull())
    .addPrimaryKeyConstraint("login_codes_pk", ["device_code_hash"])
    .addUniqueConstraint("login_codes_user_code", ["user_code_hash"])
    .addForeignKeyConstraint("login_codes_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .execute();
  await text("challenges", ["id", "purpose", "challenge"], ["user_id"])
    .addColumn("expires_at", "bigint", (c) => c.notNull())
    .addPrimaryKeyConstraint("challenges_pk", ["id"])
    .addForeignKeyConstraint("challenges_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .execute();
  await text("device_groups", ["id", "user_id", "name"])
    .addPrimaryKeyConstraint("device_groups_pk", ["id"])
    .addForeignKeyConstraint("device_groups_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .execute();
  await text(
    "devices",
    [
      "id",
      "user_id",
      "kind",
      "name",
      "static_key",
      "certificate",
      "platform",
      "capabilities",
      "monitors",
    ],
    ["group_id"],
  )
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("last_seen_at", "bigint")
    .addPrimaryKeyConstraint("devices_pk", ["id"])
    .addForeignKeyConstraint("devices_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .addForeignKeyConstraint("devices_group", ["group_id"], "device_groups", ["id"], (f) =>
      f.onDelete("set null"),
    )
    .execute();
  await text("grants", ["id", "host_id", "user_id", "rights", "created_by"])
    .addColumn("ask_first", "integer", (c) => c.notNull())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint")
    .addPrimaryKeyConstraint("grants_pk", ["id"])
    .addUniqueConstraint("grants_host_user", ["host_id", "user_id"])
    .addForeignKeyConstraint("grants_host", ["host_id"], "devices", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .addForeignKeyConstraint("grants_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .execute();
  await text("grant_offers", ["id", "host_id", "recipient", "rights", "created_by"], ["user_id"])
    .addColumn("ask_first", "integer", (c) => c.notNull())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("offer_ends_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint")
    .addPrimaryKeyConstraint("grant_offers_pk", ["id"])
    .addForeignKeyConstraint("grant_offers_host", ["host_id"], "devices", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .addForeignKeyConstraint("grant_offers_user", ["user_id"], "users", ["id"], (f) =>
      f.onDelete("set null"),
    )
    .execute();
  await text("share_links", ["id", "token_hash", "host_id", "rights", "created_by"])
    .addColumn("ask_first", "integer", (c) => c.notNull())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint", (c) => c.notNull())
    .addColumn("max_uses", "integer")
    .addColumn("uses", "integer", (c) => c.notNull().defaultTo(0))
    .addPrimaryKeyConstraint("share_links_pk", ["id"])
    .addUniqueConstraint("share_links_token", ["token_hash"])
    .addForeignKeyConstraint("share_links_host", ["host_id"], "devices", ["id"], (f) =>
      f.onDelete("cascade"),
    )
    .execute();
  await text("share_link_guests", ["share_link_id", "client_id"])
    .addColumn("first_used_at", "bigint", (c) => c.notNull())
    .addPrimaryKeyConstraint("share_link_guests_pk", ["share_link_id", "client_id"])
    .addForeignKeyConstraint(
      "share_link_guests_link",
      ["share_link_id"],
      "share_links",
      ["id"],
      (f) => f.onDelete("cascade"),
    )
    .execute();
  // Sessions outlive their devices and accounts in the books, so these are no foreign keys.
  await text(
    "screen_sessions",
    ["id", "host_id", "client_id", "client_instance", "rights"],
    ["user_id", "sign_in_id", "grant_id", "share_link_id", "end_reason"],
  )
    .addColumn("started_at", "bigint", (c) => c.notNull())
    .addColumn("ended_at", "bigint")
    .addPrimaryKeyConstraint("screen_sessions_pk", ["id"])
    .execute();
  await text("audit", ["actor", "address", "action", "target", "details", "previous_hash", "hash"])
    .addColumn("seq", "bigint", (c) => c.notNull())
    .addColumn("at", "bigint", (c) => c.notNull())
    .addPrimaryKeyConstraint("audit_pk", ["seq"])
    .execute();
  await text("samples", ["metric"])
    .addColumn("at", "bigint", (c) => c.notNull())
    .addColumn("value", "double precision", (c) => c.notNull())
    .addPrimaryKeyConstraint("samples_pk", ["metric", "at"])
    .execute();
  await text("settings", ["key", "value"])
    .addPrimaryKeyConstraint("settings_pk", ["key"])
    .execute();
  const indices: readonly (readonly [table: string, ...columns: string[]])[] = [
    ["users", "created_at"],
    ["sessions", "user_id"],
    ["sessions", "created_at"],
    ["sessions", "expires_at"],
    ["passkeys", "user_id"],
    ["one_time_links", "expires_at"],
    ["login_codes", "expires_at"],
    ["challenges", "expires_at"],
    ["devices", "user_id"],
    ["devices", "created_at"],
    ["grants", "user_id"],
    ["grant_offers", "host_id"],
    ["grant_offers", "user_id"],
    ["share_links", "host_id"],
    ["screen_sessions", "host_id", "ended_at"],
    ["screen_sessions", "user_id", "ended_at"],
    ["screen_sessions", "started_at"],
    ["screen_sessions", "ended_at", "started_at"],
    ["audit", "at"],
    ["audit", "actor", "seq"],
    ["audit", "target", "seq"],
  ];
  for (const [table, ...columns] of indices)
    await db.schema
      .createIndex(`${table}_${columns.join("_")}_index`)
      .on(table)
      .columns(columns)
      .execute();
}
