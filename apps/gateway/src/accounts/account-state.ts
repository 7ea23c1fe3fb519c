import type { Kysely } from "kysely";
import type { Actor } from "../audit/audit-log.ts";
import { tellNews } from "../bus/news.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { removeFactors } from "../second-factor/manage-factors.ts";
import { endSessions } from "../sessions/session-service.ts";
import type { Tables, UserRow } from "../store/schema.ts";
import { requireUser } from "./users.ts";

const MAX_REASON_CHARS = 500;

/** How to ban. */
export interface Ban {
  readonly userId: string;
  /** Milliseconds since 1970; null for good. */
  readonly until: number | null;
  /** For administrators. */
  readonly reason: string;
}

/**
 * Bans an account and ends all that it has open, at once and on all replicas. Throws 404 "not-found", 409 "last-admin",
 * 400 "invalid" for an end that has passed.
 */
export async function banUser(
  context: Context,
  actor: Actor,
  { userId, until, reason }: Ban,
): Promise<void> {
  const now = context.now();
  if (until !== null && until <= now)
    throw new ApiError(400, "invalid", "the end of a ban must be in the future");
  await shutOut(context, userId, "banned", {
    banned_at: now,
    banned_until: until,
    ban_reason: reason.slice(0, MAX_REASON_CHARS),
  });
  await context.audit.record({
    ...actor,
    action: "user.banned",
    target: userId,
    details: { until, reason: reason.slice(0, MAX_REASON_CHARS) },
  });
}

/** Lifts a ban; throws 404. */
export async function unbanUser(context: Context, actor: Actor, userId: string): Promise<void> {
  await change(context, userId, { banned_at: null, banned_until: null, ban_reason: null });
  await context.audit.record({ ...actor, action: "user.unbanned", target: userId });
}

/** Takes an account out of use until it is enabled; ends all that it has open. Throws 404, 409 "last-admin". */
export async function disableUser(context: Context, actor: Actor, userId: string): Promise<void> {
  await shutOut(context, userId, "disabled", { disabled_at: context.now() });
  await context.audit.record({ ...actor, action: "user.disabled", target: userId });
}

/** Puts an account back into use; throws 404. */
export async function enableUser(context: Context, actor: Actor, userId: string): Promise<void> {
  await change(context, userId, { disabled_at: null });
  await context.audit.record({ ...actor, action: "user.enabled", target: userId });
}

/** Deletes an account with its devices and grants; the audit log stays. Throws 404, 409 "last-admin". */
export async function deleteUser(context: Context, actor: Actor, userId: string): Promise<void> {
  await context.store.db.transaction().execute(async (db) => {
    await requireOtherAdmin(context, db, await requireUser(db, userId));
    await db.deleteFrom("users").where("id", "=", userId).execute();
  });
  await tellAccountEnded(context, userId, "deleted");
  await context.audit.record({ ...actor, action: "user.deleted", target: userId });
}

/** Gives an account another role; it signs in anew with it. Throws 404, 409 "last-admin". */
export async function setRole(
  context: Context,
  actor: Actor,
  { userId, role }: { readonly userId: string; readonly role: UserRow["role"] },
): Promise<void> {
  await context.store.db.transaction().execute(async (db) => {
    const user = await requireUser(db, userId);
    if (role !== "admin") await requireOtherAdmin(context, db, user);
    await db.updateTable("users").set({ role }).where("id", "=", userId).execute();
  });
  await endSessions(context, { userId });
  await context.audit.record({
    ...actor,
    action: "user.role-changed",
    target: userId,
    details: { role },
  });
}

/** Takes all second factors off an account whose owner lost them; ends its sessions. Throws 404. */
export async function resetSecondFactors(
  context: Context,
  actor: Actor,
  userId: string,
): Promise<void> {
  await requireUser(context.store.db, userId);
  await removeFactors(context, userId);
  await endSessions(context, { userId });
  await context.audit.record({ ...actor, action: "user.second-factors-reset", target: userId });
}

async function shutOut(
  context: Context,
  userId: string,
  reason: "banned" | "disabled",
  columns: Partial<UserRow>,
): Promise<void> {
  await context.store.db.transaction().execute(async (db) => {
    await requireOtherAdmin(context, db, await requireUser(db, userId));
    await db.updateTable("users").set(columns).where("id", "=", userId).execute();
    await db.deleteFrom("challenges").where("user_id", "=", userId).execute();
    await db.deleteFrom("login_codes").where("user_id", "=", userId).execute();
  });
  // First, so that each connection hears why, and not that its sign-in is gone.
  await tellAccountEnded(context, userId, reason);
  await endSessions(context, { userId });
}

async function change(context: Context, userId: string, columns: Partial<UserRow>): Promise<void> {
  await requireUser(context.store.db, userId);
  await context.store.db.updateTable("users").set(columns).where("id", "=", userId).execute();
}

/** A gateway keeps one administrator who can sign in. */
async function requireOtherAdmin(
  context: Context,
  db: Kysely<Tables>,
  user: UserRow,
): Promise<void> {
  if (user.role !== "admin") return;
  // Two administrators may be taking each other out at the same moment; SQLite's transactions are alone anyway.
  if (context.store.kind === "postgres")
    await db
      .selectFrom("users")
      .select("id")
      .where("role", "=", "admin")
      .orderBy("id")
      .forUpdate()
      .execute();
  const other = await db
    .selectFrom("users")
    .select("id")
    .where("role", "=", "admin")
    .where("id", "!=", user.id)
    .where("disabled_at", "is", null)
    .where((eb) => eb.or([eb("banned_at", "is", null), eb("banned_until", "<=", context.now())]))
    .limit(1)
    .executeTakeFirst();
  if (other === undefined)
    throw new ApiError(409, "last-admin", "make another account an administrator first");
}

/** The database says it already; other replicas close what is open when they hear of it. */
async function tellAccountEnded(
  context: Context,
  userId: string,
  reason: "banned" | "disabled" | "deleted",
): Promise<void> {
  try {
    await tellNews(context.bus, { type: "account-ended", userId, reason });
  } catch (error) {
    context.log.error({ err: error, userId }, "could not tell that an account ended");
  }
}
