import type { Kysely } from "kysely";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { newToken, tokenHash } from "../keys.ts";
import type { OneTimeLinkRow, Tables } from "../store/schema.ts";

/** What a link may do. */
export type LinkPurpose = OneTimeLinkRow["purpose"];

/** A link to hand to a person: whoever has it can use it, once. */
export interface OneTimeLink {
  /** The token is in the fragment: no server's log, no Referer has it. */
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What a link is to be for. */
export interface LinkWish {
  readonly purpose: LinkPurpose;
  readonly lifeMillis: number;
  readonly userId?: string;
  readonly email?: string;
  /** JSON. */
  readonly details?: string;
  readonly role?: OneTimeLinkRow["role"];
  readonly createdBy?: string;
}

/** Makes a link. Only the SHA-256 of its token stays here. */
export async function createLink(context: Context, wish: LinkWish): Promise<OneTimeLink> {
  const token = newToken();
  const now = context.now();
  const expiresAt = now + wish.lifeMillis;
  await context.store.db
    .insertInto("one_time_links")
    .values({
      token_hash: tokenHash(token),
      purpose: wish.purpose,
      user_id: wish.userId ?? null,
      email: wish.email ?? null,
      details: wish.details ?? null,
      role: wish.role ?? null,
      created_by: wish.createdBy ?? null,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
    })
    .execute();
  const path = wish.purpose === "sign-in" ? `/#/enter/${token}` : `/account#link=${token}`;
  return { url: new URL(path, context.config.publicUrl).href, expiresAt };
}

/** A link that can still be used; throws 410 "link-void". */
export async function findLink<P extends LinkPurpose>(
  context: Context,
  token: string,
  purposes: readonly P[],
): Promise<OneTimeLinkRow & { purpose: P }> {
  const link = await context.store.db
    .selectFrom("one_time_links")
    .selectAll()
    .where("token_hash", "=", tokenHash(token))
    .where("purpose", "in", purposes)
    .where("used_at", "is", null)
    .where("expires_at", ">", context.now())
    .executeTakeFirst();
  if (link === undefined) throw linkVoid();
  return link as OneTimeLinkRow & { purpose: P };
}

/** Uses a link up, within the transaction that does what it is for; throws 410 "link-void". */
export async function useLink(
  context: Context,
  db: Kysely<Tables>,
  token: string,
  purposes: readonly LinkPurpose[],
): Promise<OneTimeLinkRow> {
  const now = context.now();
  const link = await db
    .updateTable("one_time_links")
    .set({ used_at: now })
    .where("token_hash", "=", tokenHash(token))
    .where("purpose", "in", purposes)
    .where("used_at", "is", null)
    .where("expires_at", ">", now)
    .returningAll()
    .executeTakeFirst();
  if (link === undefined) throw linkVoid();
  return link;
}

/** 410: the same for unknown, used and old links. */
export function linkVoid(): ApiError {
  return new ApiError(410, "link-void", "this link was used or is too old; ask for a new one");
}
