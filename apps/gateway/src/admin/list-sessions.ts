import type { AdminSessionPage, AdminSessionQuery } from "@wavry/signaling";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { isLiveSession } from "../sessions/live-sessions.ts";
import { type Keyset, keysetPage } from "./keyset-page.ts";
import { contains } from "./search.ts";

/** Sign-ins that are valid, of all accounts or of one. `currentId`: the one that asks. */
export async function listSessions(
  context: Context,
  wish: AdminSessionQuery,
  currentId: string | undefined,
): Promise<AdminSessionPage> {
  const now = context.now();
  let query = context.store.db
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .select([
      "sessions.id",
      "sessions.user_id",
      "users.username",
      "sessions.kind",
      "sessions.label",
      "sessions.address",
      "sessions.created_at",
      "sessions.last_seen_at",
      "sessions.expires_at",
      "sessions.second_factor_at",
    ])
    .where((e) => isLiveSession(e, now));
  if (wish.search !== undefined)
    query = query.where(
      contains(
        ["users.username", "users.email", "sessions.label", "sessions.address"],
        wish.search,
      ),
    );
  if (wish.userId !== undefined) query = query.where("sessions.user_id", "=", wish.userId);
  const { rows, nextCursor } = await keysetPage(query, orderOf(wish), wish);
  const items = rows.map((row) => ({
    id: row.id,
    user: { id: row.user_id, username: row.username },
    kind: row.kind,
    label: row.label,
    address: row.address,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    secondFactor: row.second_factor_at !== null,
    current: row.id === currentId,
  }));
  return { items, nextCursor };
}

function orderOf({ sort = "created", order = "desc" }: AdminSessionQuery): Keyset {
  return {
    ...{ name: `sessions ${sort}`, type: "number", order },
    sort: sort === "seen" ? sql<number>`sessions.last_seen_at` : sql<number>`sessions.created_at`,
    id: sql<string>`sessions.id`,
  };
}
