import type {
  AdminScreenSession,
  AdminScreenSessionPage,
  AdminScreenSessionQuery,
} from "@wavry/signaling";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { readRights } from "../grants/grant-views.ts";
import { type Keyset, keysetPage } from "./keyset-page.ts";
import { contains } from "./search.ts";

const NEWEST: Keyset = {
  ...{ name: "screen-sessions", type: "number", order: "desc" },
  sort: sql<number>`s.started_at`,
  id: sql<string>`s.id`,
};

/** What is or was shown to whom, newest first. `userId`: as client or on one of the account's hosts. */
export async function listScreenSessions(
  context: Context,
  wish: AdminScreenSessionQuery,
): Promise<AdminScreenSessionPage> {
  const { state = "live", search, userId } = wish;
  let query = context.store.db
    .selectFrom("screen_sessions as s")
    .leftJoin("devices as host", "host.id", "s.host_id")
    .leftJoin("devices as client", "client.id", "s.client_id")
    .leftJoin("users", "users.id", "s.user_id")
    .selectAll("s")
    .select(["host.name as host_name", "client.name as client_name", "users.username"])
    .where("s.ended_at", state === "live" ? "is" : "is not", null);
  if (search !== undefined)
    query = query.where(
      contains(
        ["users.username", "users.email", "host.name", "client.name", "s.host_id", "s.client_id"],
        search,
      ),
    );
  if (userId !== undefined)
    query = query.where((e) => e.or([e("s.user_id", "=", userId), e("host.user_id", "=", userId)]));
  const { rows, nextCursor } = await keysetPage(query, NEWEST, wish);
  const items = rows.map(
    (row): AdminScreenSession => ({
      id: row.id,
      hostId: row.host_id,
      hostName: row.host_name,
      clientId: row.client_id,
      clientName: row.client_name,
      user: row.user_id === null ? null : { id: row.user_id, username: row.username ?? "?" },
      ground: groundOf(row),
      rights: readRights(row.rights),
      startedAt: row.started_at,
      endedAt: row.ended_at,
      endReason: row.end_reason,
    }),
  );
  return { items, nextCursor };
}

function groundOf(row: {
  grant_id: string | null;
  share_link_id: string | null;
}): AdminScreenSession["ground"] {
  if (row.share_link_id !== null) return "share-link";
  return row.grant_id === null ? "owner" : "grant";
}
