import { ALL_RIGHTS, type Right } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { isShutOut } from "../sessions/session-service.ts";
import type { DeviceRow, ScreenSessionRow, ShareLinkRow } from "../store/schema.ts";
import { readRights } from "./grant-views.ts";
import { countGuest, findShareLink } from "./share-links.ts";

/** What someone may do on a host now, and by what. */
export interface Authority {
  readonly rights: readonly Right[];
  readonly ask: boolean;
  /** When it ends, milliseconds since 1970. */
  readonly endsAt: number | null;
  /** Null for the owner and for guests. */
  readonly grantId: string | null;
  readonly shareLinkId: string | null;
}

/** A host with what one may do there. */
export interface OpenHost {
  readonly host: DeviceRow;
  readonly authority: Authority;
}

/** Why a session may not go on, or what it may do. */
export type Review = { readonly ended: string } | { readonly authority: Authority };

const OWNER: Authority = {
  rights: ALL_RIGHTS,
  ask: false,
  endsAt: null,
  grantId: null,
  shareLinkId: null,
};

/** A host that an account may reach; undefined where there is none, and where it may not: nobody learns which. */
export async function authorizeAccount(
  context: Context,
  userId: string,
  hostId: string,
): Promise<OpenHost | undefined> {
  const { db } = context.store;
  const host = await db
    .selectFrom("devices")
    .selectAll()
    .where("id", "=", hostId)
    .where("kind", "=", "host")
    .executeTakeFirst();
  // Asked in any case: the answer takes the same work for hosts that are not there.
  const grant = await db
    .selectFrom("grants")
    .selectAll()
    .where("host_id", "=", hostId)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  if (host === undefined) return undefined;
  if (host.user_id === userId) return { host, authority: OWNER };
  if (grant === undefined || (grant.expires_at !== null && grant.expires_at <= context.now()))
    return undefined;
  const authority = {
    rights: readRights(grant.rights),
    ask: grant.ask_first === 1,
    endsAt: grant.expires_at,
    grantId: grant.id,
    shareLinkId: null,
  };
  return { host, authority };
}

/** The host of a share link; undefined where the link is none, is over, or as many devices came by it as may. */
export async function authorizeLink(
  context: Context,
  which: { readonly token: string } | { readonly id: string },
  clientId: string,
): Promise<OpenHost | undefined> {
  const link = await findShareLink(context, which);
  if (link === undefined || !(await countGuest(context, link, clientId))) return undefined;
  const host = await context.store.db
    .selectFrom("devices")
    .selectAll()
    .where("id", "=", link.host_id)
    .where("kind", "=", "host")
    .executeTakeFirst();
  return host && { host, authority: ofLink(link) };
}

/** Looks anew at a session that was once allowed. */
export async function reviewSession(
  context: Context,
  session: Pick<
    ScreenSessionRow,
    "host_id" | "client_id" | "user_id" | "sign_in_id" | "share_link_id"
  >,
): Promise<Review> {
  const { db } = context.store;
  const { user_id, sign_in_id, share_link_id, client_id, host_id } = session;
  if (user_id !== null) {
    const user = await db
      .selectFrom("users")
      .selectAll()
      .where("id", "=", user_id)
      .executeTakeFirst();
    if (user === undefined || isShutOut(user, context.now())) return { ended: "account-ended" };
    const client = await db
      .selectFrom("devices")
      .select("id")
      .where("id", "=", client_id)
      .where("user_id", "=", user_id)
      .executeTakeFirst();
    if (client === undefined) return { ended: "device-removed" };
  }
  if (sign_in_id !== null) {
    const signIn = await db
      .selectFrom("sessions")
      .select("id")
      .where("id", "=", sign_in_id)
      .where("expires_at", ">", context.now())
      .executeTakeFirst();
    if (signIn === undefined) return { ended: "signed-out" };
  }
  if (share_link_id !== null) return reviewLink(context, share_link_id);
  const open = user_id === null ? undefined : await authorizeAccount(context, user_id, host_id);
  return open === undefined ? { ended: "grant-ended" } : { authority: open.authority };
}

async function reviewLink(context: Context, id: string): Promise<Review> {
  const link = await findShareLink(context, { id });
  return link === undefined ? { ended: "share-link-ended" } : { authority: ofLink(link) };
}

function ofLink(link: ShareLinkRow): Authority {
  return {
    rights: readRights(link.rights),
    ask: link.ask_first === 1,
    endsAt: link.expires_at,
    grantId: null,
    shareLinkId: link.id,
  };
}
