import type { AuditPage, AuditQuery } from "@wavry/signaling";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { keysetPage } from "./keyset-page.ts";
import { begins } from "./search.ts";

/** Security events by who, what, to whom and when. */
export async function searchAudit(context: Context, wish: AuditQuery): Promise<AuditPage> {
  const { action, from, to, order = "desc" } = wish;
  let query = context.store.db
    .selectFrom("audit")
    .select(["seq", "at", "actor", "address", "action", "target", "details"]);
  if (wish.actor !== undefined)
    query = query.where("actor", "in", await idsOf(context, wish.actor));
  if (wish.target !== undefined)
    query = query.where("target", "in", await idsOf(context, wish.target));
  if (action !== undefined) query = query.where(begins("action", action));
  if (from !== undefined) query = query.where("at", ">=", from);
  if (to !== undefined) query = query.where("at", "<", to);
  const { rows, nextCursor } = await keysetPage(
    query,
    {
      ...{ name: "audit", type: "number", order },
      sort: sql<number>`audit.seq`,
      id: sql<number>`audit.seq`,
    },
    wish,
  );
  const names = await namesOf(
    context,
    rows.flatMap(({ actor, target }) => [actor, target]),
  );
  const items = rows.map((row) => ({
    seq: row.seq,
    at: row.at,
    actor: row.actor,
    actorName: names.get(row.actor) ?? null,
    address: row.address,
    action: row.action,
    target: row.target,
    targetName: names.get(row.target) ?? null,
    details: row.details,
  }));
  return { items, nextCursor };
}

/** The text itself, and the account whose username or e-mail it is. */
async function idsOf(context: Context, text: string): Promise<string[]> {
  const name = text.trim().toLowerCase();
  const users = await context.store.db
    .selectFrom("users")
    .select("id")
    .where((e) => e.or([e("username", "=", name), e("email", "=", name)]))
    .execute();
  return [text.trim(), ...users.map(({ id }) => id)];
}

/** Usernames of those IDs that are accounts'. */
export async function namesOf(
  context: Context,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const some = [...new Set(ids)].filter((id) => id !== "");
  if (some.length === 0) return new Map();
  const users = await context.store.db
    .selectFrom("users")
    .select(["id", "username"])
    .where("id", "in", some)
    .execute();
  return new Map(users.map(({ id, username }) => [id, username]));
}
