import type { AdminUser, AdminUserPage, AdminUserQuery, UserState } from "@wavry/signaling";
import { type ExpressionBuilder, type ExpressionWrapper, type SqlBool, sql } from "kysely";
import type { Context } from "../context.ts";
import { isLiveSession } from "../sessions/live-sessions.ts";
import type { Tables, UserRow } from "../store/schema.ts";
import { type Keyset, keysetPage } from "./keyset-page.ts";
import { contains } from "./search.ts";

const SORTS = {
  created: { sort: sql<number>`users.created_at`, type: "number", order: "desc" },
  email: { sort: sql<string>`users.email`, type: "text", order: "asc" },
  username: { sort: sql<string>`users.username`, type: "text", order: "asc" },
} as const;

/** Accounts by search, state and role. */
export async function listUsers(context: Context, wish: AdminUserQuery): Promise<AdminUserPage> {
  const now = context.now();
  let query = context.store.db.selectFrom("users").selectAll("users");
  if (wish.search !== undefined)
    query = query.where(
      contains(["users.email", "users.username", "users.display_name"], wish.search, "users.id"),
    );
  if (wish.role !== undefined) query = query.where("users.role", "=", wish.role);
  if (wish.state !== undefined) {
    const { state } = wish;
    query = query.where((e) => inState(e, state, now));
  }
  const { rows, nextCursor } = await keysetPage(query, orderOf(wish), wish);
  return { items: await describeUsers(context, rows), nextCursor };
}

/** Banned accounts, newest ban first. */
export async function listBans(
  context: Context,
  wish: Pick<AdminUserQuery, "search" | "cursor" | "limit">,
): Promise<AdminUserPage> {
  const now = context.now();
  let query = context.store.db
    .selectFrom("users")
    .selectAll("users")
    .where((e) => inState(e, "banned", now));
  if (wish.search !== undefined)
    query = query.where(
      contains(["users.email", "users.username", "users.ban_reason"], wish.search),
    );
  const keyset: Keyset = {
    ...{ name: "banned", type: "number", order: "desc" },
    sort: sql<number>`coalesce(users.banned_at, 0)`,
    id: sql<string>`users.id`,
  };
  const { rows, nextCursor } = await keysetPage(query, keyset, wish);
  return { items: await describeUsers(context, rows), nextCursor };
}

/** Rows as administrators see them. */
export async function describeUsers(
  context: Context,
  rows: readonly UserRow[],
): Promise<AdminUser[]> {
  if (rows.length === 0) return [];
  const { db } = context.store;
  const now = context.now();
  const ids = rows.map(({ id }) => id);
  const devices = await db
    .selectFrom("devices")
    .select((e) => ["user_id", e.fn.countAll<number>().as("count")])
    .where("user_id", "in", ids)
    .groupBy("user_id")
    .execute();
  const sessions = await db
    .selectFrom("sessions")
    .select((e) => [
      "user_id",
      e.fn.countAll<number>().as("count"),
      e.fn.max<number>("last_seen_at").as("seen"),
    ])
    .where("user_id", "in", ids)
    .where((e) => isLiveSession(e, now))
    .groupBy("user_id")
    .execute();
  const passkeys = await db
    .selectFrom("passkeys")
    .select("user_id")
    .distinct()
    .where("user_id", "in", ids)
    .execute();
  const deviceCounts = new Map(devices.map(({ user_id, count }) => [user_id, count]));
  const sessionsOf = new Map(sessions.map((row) => [row.user_id, row]));
  const withPasskey = new Set(passkeys.map(({ user_id }) => user_id));
  return rows.map((row) => ({
    id: row.id,
    email: row.email,
    username: row.username,
    displayName: row.display_name,
    role: row.role,
    state: stateOf(row, now),
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
    bannedAt: row.banned_at,
    bannedUntil: row.banned_until,
    banReason: row.ban_reason,
    hasPassword: row.password_hash !== null,
    hasSecondFactor: row.totp_confirmed_at !== null || withPasskey.has(row.id),
    devices: deviceCounts.get(row.id) ?? 0,
    sessions: sessionsOf.get(row.id)?.count ?? 0,
    lastSeenAt: sessionsOf.get(row.id)?.seen ?? null,
  }));
}

/** Where an account is in this state. */
export function inState(
  e: ExpressionBuilder<Tables, "users">,
  state: UserState,
  now: number,
): ExpressionWrapper<Tables, "users", SqlBool> {
  const banned = e.and([
    e("users.banned_at", "is not", null),
    e.or([e("users.banned_until", "is", null), e("users.banned_until", ">", now)]),
  ]);
  if (state === "banned") return banned;
  const disabled = e("users.disabled_at", state === "disabled" ? "is not" : "is", null);
  return e.and([e.not(banned), disabled]);
}

function stateOf(row: UserRow, now: number): UserState {
  if (row.banned_at !== null && (row.banned_until === null || row.banned_until > now))
    return "banned";
  return row.disabled_at === null ? "active" : "disabled";
}

function orderOf({ sort = "created", order }: AdminUserQuery): Keyset {
  const known = SORTS[sort];
  return {
    name: `users ${sort}`,
    ...known,
    id: sql<string>`users.id`,
    order: order ?? known.order,
  };
}
