import type { Actor } from "../audit/audit-log.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { UserRow } from "../store/schema.ts";
import { normalEmail } from "./identity-rules.ts";
import { invitationLetter } from "./letters.ts";
import { createLink, type OneTimeLink } from "./one-time-links.ts";
import { writeLater } from "./post.ts";

const LIFE_MS = 7 * 24 * 3_600_000;
const MAX_LIFE_MS = 90 * 24 * 3_600_000;

/** Whom to invite. */
export interface InvitationWish {
  /** Who invites, for the audit log. */
  readonly actor: Actor;
  /** The only e-mail that may use it; it gets a letter where there is a mail server. Undefined: anyone's. */
  readonly email?: string;
  /** The new account's role; "user" unless told. */
  readonly role?: UserRow["role"];
  /** 7 days unless told, at most 90. */
  readonly lifeMillis?: number;
}

/** An invitation that was not used yet. */
export interface Invitation {
  /** Names it for `revokeInvitation`; cannot be used as a link. */
  readonly id: string;
  readonly email: string | null;
  readonly role: UserRow["role"];
  readonly createdBy: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Makes a link with which one person can make an account. Throws 400 "invalid-email". */
export async function createInvitation(
  context: Context,
  wish: InvitationWish,
): Promise<OneTimeLink> {
  const email = wish.email === undefined ? undefined : normalEmail(wish.email);
  const role = wish.role ?? "user";
  const link = await createLink(context, {
    purpose: "invitation",
    role,
    createdBy: wish.actor.actor,
    lifeMillis: Math.min(wish.lifeMillis ?? LIFE_MS, MAX_LIFE_MS),
    ...(email !== undefined && { email }),
  });
  if (email !== undefined) writeLater(context, invitationLetter(email, link));
  await context.audit.record({
    ...wish.actor,
    action: "invitation.created",
    details: { role, bound: email !== undefined },
  });
  return link;
}

/** Invitations that can still be used, newest first. */
export async function listInvitations(
  context: Context,
  { limit, offset = 0 }: { readonly limit: number; readonly offset?: number },
): Promise<Invitation[]> {
  const rows = await context.store.db
    .selectFrom("one_time_links")
    .selectAll()
    .where("purpose", "=", "invitation")
    .where("used_at", "is", null)
    .where("expires_at", ">", context.now())
    .orderBy("created_at", "desc")
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map((row) => ({
    id: row.token_hash,
    email: row.email,
    role: row.role ?? "user",
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }));
}

/** Voids an invitation; throws 404 "not-found". */
export async function revokeInvitation(context: Context, actor: Actor, id: string): Promise<void> {
  const { numDeletedRows } = await context.store.db
    .deleteFrom("one_time_links")
    .where("token_hash", "=", id)
    .where("purpose", "=", "invitation")
    .where("used_at", "is", null)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw new ApiError(404, "not-found", "there is no such invitation");
  await context.audit.record({ ...actor, action: "invitation.revoked", target: id });
}
