import type { NewShareLink, ShareLink, ShareLinkWish } from "@wavry/signaling";
import { tellNews } from "../bus/news.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { newId, newToken, tokenHash } from "../keys.ts";
import type { ShareLinkRow } from "../store/schema.ts";
import { linkView, writeRights } from "./grant-views.ts";
import { issuerOf } from "./issuer.ts";
import { requireOwnHost } from "./own-host.ts";

const MAX_LINKS = 50;
/** How many devices may come in by a link without a limit of its own. */
const MAX_GUESTS = 1_000;

/** Makes a link to one of the account's hosts. Throws 404 "no-host", 409 "too-many-links". */
export async function createShareLink(
  context: Context,
  userId: string,
  hostId: string,
  wish: ShareLinkWish,
): Promise<NewShareLink> {
  await requireOwnHost(context, userId, hostId);
  const now = context.now();
  const token = newToken();
  const row: ShareLinkRow = {
    id: newId(),
    token_hash: tokenHash(token),
    host_id: hostId,
    rights: writeRights(wish.rights),
    ask_first: wish.askFirst ? 1 : 0,
    created_by: userId,
    created_at: now,
    expires_at: now + wish.seconds * 1_000,
    max_uses: wish.maxUses ?? null,
    uses: 0,
  };
  await context.store.db.transaction().execute(async (db) => {
    await db
      .deleteFrom("share_links")
      .where("host_id", "=", hostId)
      .where("expires_at", "<=", now)
      .execute();
    const { count } = await db
      .selectFrom("share_links")
      .select((e) => e.fn.countAll<number | string>().as("count"))
      .where("host_id", "=", hostId)
      .executeTakeFirstOrThrow();
    if (Number(count) >= MAX_LINKS)
      throw new ApiError(409, "too-many-links", "too many links lead there; end some first");
    await db.insertInto("share_links").values(row).execute();
  });
  return { link: linkView(row), token, url: `${issuerOf(context.config)}/share#${token}` };
}

/** The live links to one of the account's hosts. Throws 404 "no-host". */
export async function listShareLinks(
  context: Context,
  userId: string,
  hostId: string,
): Promise<ShareLink[]> {
  await requireOwnHost(context, userId, hostId);
  const rows = await context.store.db
    .selectFrom("share_links")
    .selectAll()
    .where("host_id", "=", hostId)
    .where("expires_at", ">", context.now())
    .orderBy("created_at", "desc")
    .execute();
  return rows.map(linkView);
}

/** Ends a link and all that came in by it. Throws 404 "no-link". */
export async function endShareLink(context: Context, userId: string, id: string): Promise<void> {
  const row = await context.store.db
    .deleteFrom("share_links")
    .where("id", "=", id)
    .where("host_id", "in", (e) =>
      e.selectFrom("devices").select("devices.id").where("devices.user_id", "=", userId),
    )
    .returning("id")
    .executeTakeFirst();
  if (row === undefined) throw new ApiError(404, "no-link", "there is no such link of yours");
  await tellNews(context.bus, { type: "share-link-ended", shareLinkId: id });
}

/** A live link; undefined for whatever else. */
export async function findShareLink(
  context: Context,
  which: { readonly token: string } | { readonly id: string },
): Promise<ShareLinkRow | undefined> {
  const links = context.store.db.selectFrom("share_links").selectAll();
  const link =
    "token" in which
      ? links.where("token_hash", "=", tokenHash(which.token))
      : links.where("id", "=", which.id);
  return link.where("expires_at", ">", context.now()).executeTakeFirst();
}

/** Counts a device that comes in by a link, the first time only; false if no further device may. */
export async function countGuest(
  context: Context,
  { id: linkId }: Pick<ShareLinkRow, "id">,
  clientId: string,
): Promise<boolean> {
  const full = Symbol();
  try {
    await context.store.db.transaction().execute(async (db) => {
      const added = await db
        .insertInto("share_link_guests")
        .values({ share_link_id: linkId, client_id: clientId, first_used_at: context.now() })
        .onConflict((conflict) => conflict.columns(["share_link_id", "client_id"]).doNothing())
        .returning("client_id")
        .executeTakeFirst();
      if (added === undefined) return;
      const counted = await db
        .updateTable("share_links")
        .set((e) => ({ uses: e("uses", "+", 1) }))
        .where("id", "=", linkId)
        .where((e) => e("uses", "<", e.fn.coalesce("max_uses", e.val(MAX_GUESTS))))
        .returning("id")
        .executeTakeFirst();
      if (counted === undefined) throw full;
    });
    return true;
  } catch (error) {
    if (error === full) return false;
    throw error;
  }
}
