import type { AdminInvitationPage, AdminInvitationQuery } from "@wavry/signaling";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { type Keyset, keysetPage } from "./keyset-page.ts";
import { namesOf } from "./search-audit.ts";

const NEWEST: Keyset = {
  ...{ name: "invitations", type: "number", order: "desc" },
  sort: sql<number>`one_time_links.created_at`,
  id: sql<string>`one_time_links.token_hash`,
};

/** Invitations that can still be used, newest first. */
export async function listInvitations(
  context: Context,
  wish: AdminInvitationQuery,
): Promise<AdminInvitationPage> {
  const query = context.store.db
    .selectFrom("one_time_links")
    .select(["token_hash", "email", "role", "created_by", "created_at", "expires_at"])
    .where("purpose", "=", "invitation")
    .where("used_at", "is", null)
    .where("expires_at", ">", context.now());
  const { rows, nextCursor } = await keysetPage(query, NEWEST, wish);
  const names = await namesOf(
    context,
    rows.map(({ created_by }) => created_by ?? ""),
  );
  const items = rows.map((row) => ({
    id: row.token_hash,
    email: row.email,
    role: row.role ?? ("user" as const),
    createdBy: row.created_by === "token" ? "token" : (names.get(row.created_by ?? "") ?? null),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }));
  return { items, nextCursor };
}
