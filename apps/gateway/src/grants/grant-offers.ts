import type { GrantOffer, GrantWish, ReceivedOffer } from "@wavry/signaling";
import { normalEmail, normalUsername } from "../accounts/identity-rules.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { newId } from "../keys.ts";
import type { GrantOfferRow, GrantRow } from "../store/schema.ts";
import { tellChanged } from "./grant-service.ts";
import { offerView, readRights, writeRights } from "./grant-views.ts";
import { requireFuture, requireOwnHost } from "./own-host.ts";

const OFFER_MS = 30 * 86_400_000;
const MAX_OFFERS = 100;
const MAX_GRANTS = 100;

/**
 * Offers a person a grant. The answer is the same whether or not there is such a person; the offer is tied to the
 * account that has that name now, so that nobody gets it by taking the name later. Throws 404 "no-host", 400 "own-host",
 * 409 "too-many-grants".
 */
export async function offerGrant(
  context: Context,
  userId: string,
  hostId: string,
  wish: GrantWish,
): Promise<GrantOffer> {
  await requireOwnHost(context, userId, hostId);
  requireFuture(context, wish.expiresAt);
  const recipient = wish.to.includes("@") ? normalEmail(wish.to) : normalUsername(wish.to);
  const now = context.now();
  const row = await context.store.db.transaction().execute(async (db) => {
    const user = await db
      .selectFrom("users")
      .select("id")
      .where((e) => e.or([e("email", "=", recipient), e("username", "=", recipient)]))
      .executeTakeFirst();
    if (user?.id === userId)
      throw new ApiError(400, "own-host", "this host is yours; you have all rights already");
    // The newest offer to a person counts; those that lapsed make room.
    await db
      .deleteFrom("grant_offers")
      .where("host_id", "=", hostId)
      .where((e) => e.or([e("recipient", "=", recipient), e("offer_ends_at", "<=", now)]))
      .execute();
    const { count } = await db
      .selectFrom("grant_offers")
      .select((e) => e.fn.countAll<number | string>().as("count"))
      .where("host_id", "=", hostId)
      .executeTakeFirstOrThrow();
    if (Number(count) >= MAX_OFFERS)
      throw new ApiError(409, "too-many-grants", "too many offers wait; take some back first");
    const offer: GrantOfferRow = {
      id: newId(),
      host_id: hostId,
      recipient,
      user_id: user?.id ?? null,
      rights: writeRights(wish.rights),
      ask_first: wish.askFirst ? 1 : 0,
      created_by: userId,
      created_at: now,
      offer_ends_at: now + OFFER_MS,
      expires_at: wish.expiresAt ?? null,
    };
    await db.insertInto("grant_offers").values(offer).execute();
    return offer;
  });
  return offerView(row);
}

/** What others offer the account. */
export async function receivedOffers(context: Context, userId: string): Promise<ReceivedOffer[]> {
  const rows = await context.store.db
    .selectFrom("grant_offers")
    .innerJoin("devices", "devices.id", "grant_offers.host_id")
    .innerJoin("users", "users.id", "devices.user_id")
    .selectAll("grant_offers")
    .select(["devices.name as host_name", "users.username", "users.display_name"])
    .where("grant_offers.user_id", "=", userId)
    .where("grant_offers.offer_ends_at", ">", context.now())
    .orderBy("grant_offers.created_at", "desc")
    .limit(MAX_OFFERS)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    hostId: row.host_id,
    hostName: row.host_name,
    ownerUsername: row.username,
    ownerName: row.display_name,
    rights: readRights(row.rights),
    askFirst: row.ask_first === 1,
    offerEndsAt: row.offer_ends_at,
    expiresAt: row.expires_at,
  }));
}

/** Turns an offer to the account into a grant. Throws 404 "no-offer", 409 "too-many-grants". */
export async function acceptOffer(context: Context, userId: string, id: string): Promise<GrantRow> {
  const now = context.now();
  const grant = await context.store.db.transaction().execute(async (db) => {
    const offer = await db
      .deleteFrom("grant_offers")
      .where("id", "=", id)
      .where("user_id", "=", userId)
      .where("offer_ends_at", ">", now)
      .returningAll()
      .executeTakeFirst();
    if (offer === undefined) return undefined;
    const { count } = await db
      .selectFrom("grants")
      .select((e) => e.fn.countAll<number | string>().as("count"))
      .where("host_id", "=", offer.host_id)
      .where("user_id", "!=", userId)
      .executeTakeFirstOrThrow();
    if (Number(count) >= MAX_GRANTS)
      throw new ApiError(409, "too-many-grants", "this host is open to too many people already");
    const { host_id, rights, ask_first, created_by, expires_at } = offer;
    return db
      .insertInto("grants")
      .values({
        id: newId(),
        host_id,
        user_id: userId,
        rights,
        ask_first,
        created_by,
        created_at: now,
        expires_at,
      })
      .onConflict((conflict) =>
        conflict.columns(["host_id", "user_id"]).doUpdateSet({ rights, ask_first, expires_at }),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  if (grant === undefined) throw noOffer();
  await tellChanged(context, grant);
  return grant;
}

/**
 * The owner takes an offer back, or the receiver declines it; what is declined still looks open to the owner until it
 * lapses. Throws 404 "no-offer".
 */
export async function dropOffer(context: Context, userId: string, id: string): Promise<void> {
  const { db } = context.store;
  const withdrawn = await db
    .deleteFrom("grant_offers")
    .where("id", "=", id)
    .where("created_by", "=", userId)
    .returning("id")
    .executeTakeFirst();
  if (withdrawn !== undefined) return;
  const declined = await db
    .updateTable("grant_offers")
    .set({ user_id: null })
    .where("id", "=", id)
    .where("user_id", "=", userId)
    .where("offer_ends_at", ">", context.now())
    .returning("id")
    .executeTakeFirst();
  if (declined === undefined) throw noOffer();
}

function noOffer(): ApiError {
  return new ApiError(404, "no-offer", "there is no such offer of yours");
}
