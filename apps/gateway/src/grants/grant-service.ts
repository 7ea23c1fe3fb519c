import type { Grant, GrantChange, HostGrants } from "@wavry/signaling";
import { tellNews } from "../bus/news.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { GrantRow } from "../store/schema.ts";
import { grantView, offerView, writeRights } from "./grant-views.ts";
import { requireFuture, requireOwnHost } from "./own-host.ts";

/** Who is, or may be, let in on one of the account's hosts. Throws 404 "no-host". */
export async function listHostGrants(
  context: Context,
  userId: string,
  hostId: string,
): Promise<HostGrants> {
  await requireOwnHost(context, userId, hostId);
  const { db } = context.store;
  const now = context.now();
  const grants = await db
    .selectFrom("grants")
    .innerJoin("users", "users.id", "grants.user_id")
    .selectAll("grants")
    .select(["users.username", "users.display_name"])
    .where("grants.host_id", "=", hostId)
    .where((e) => e.or([e("expires_at", "is", null), e("expires_at", ">", now)]))
    .orderBy("users.username")
    .execute();
  const offers = await db
    .selectFrom("grant_offers")
    .selectAll()
    .where("host_id", "=", hostId)
    .where("offer_ends_at", ">", now)
    .orderBy("recipient")
    .execute();
  return { grants: grants.map((row) => grantView(row, row)), offers: offers.map(offerView) };
}

/** Changes a grant on one of the account's hosts; running sessions follow at once. Throws 404 "no-grant". */
export async function changeGrant(
  context: Context,
  userId: string,
  id: string,
  change: GrantChange,
): Promise<Grant> {
  requireFuture(context, change.expiresAt);
  const { db } = context.store;
  const row = await db
    .updateTable("grants")
    // Something must be set for the statement to be one.
    .set((e) => ({
      id: e.ref("id"),
      ...(change.rights !== undefined && { rights: writeRights(change.rights) }),
      ...(change.askFirst !== undefined && { ask_first: change.askFirst ? 1 : 0 }),
    }))
    .$if(change.expiresAt !== undefined, (query) =>
      query.set({ expires_at: change.expiresAt ?? null }),
    )
    .where("id", "=", id)
    .where("host_id", "in", (e) =>
      e.selectFrom("devices").select("devices.id").where("devices.user_id", "=", userId),
    )
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw noGrant();
  await tellChanged(context, row);
  const user = await db
    .selectFrom("users")
    .select(["username", "display_name"])
    .where("id", "=", row.user_id)
    .executeTakeFirst();
  if (user === undefined) throw noGrant();
  return grantView(row, user);
}

/**
 * Takes a grant back: the host's owner can, and the person who has it. Running sessions end at once. Throws 404
 * "no-grant".
 */
export async function revokeGrant(context: Context, userId: string, id: string): Promise<GrantRow> {
  const row = await context.store.db
    .deleteFrom("grants")
    .where("id", "=", id)
    .where((e) =>
      e.or([
        e("user_id", "=", userId),
        e("host_id", "in", (own) =>
          own.selectFrom("devices").select("devices.id").where("devices.user_id", "=", userId),
        ),
      ]),
    )
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw noGrant();
  await tellChanged(context, row);
  return row;
}

/** All replicas look anew at what this person does on this host. */
export function tellChanged(
  context: Context,
  { host_id, user_id }: Pick<GrantRow, "host_id" | "user_id">,
): Promise<void> {
  return tellNews(context.bus, { type: "grant-changed", hostId: host_id, userId: user_id });
}

function noGrant(): ApiError {
  return new ApiError(404, "no-grant", "there is no such grant of yours");
}
