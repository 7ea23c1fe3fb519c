import type { BanWish, HandedLink } from "@wavry/signaling";
import * as accounts from "../accounts/account-state.ts";
import { createPasswordResetLink } from "../accounts/password-reset.ts";
import { requireUser } from "../accounts/users.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { UserRow } from "../store/schema.ts";
import { type Administrator, reaches } from "./access.ts";

/**
 * Throws 404 "not-found"; 409 "own-account", so that nobody shuts themselves out by mistake; 403 "role-too-low" where
 * the account ranks as high as an administrator who is no admin.
 */
async function requireOver(
  context: Context,
  { role, caller }: Administrator,
  userId: string,
): Promise<UserRow> {
  const user = await requireUser(context.store.db, userId);
  if (caller?.user.id === userId)
    throw new ApiError(409, "own-account", "this is your own account; ask another administrator");
  requireOutranked(role, user);
  return user;
}

/** Throws 403 "role-too-low" unless the role is admin or the account's is lower. */
export function requireOutranked(role: Administrator["role"], user: UserRow): void {
  if (role !== "admin" && reaches(user.role, role))
    throw new ApiError(403, "role-too-low", `this takes the role admin: they are ${user.role}`);
}

/** Bans an account; throws 400, 403, 404, 409 "last-admin". */
export async function ban(
  context: Context,
  administrator: Administrator,
  { userId, until = null, reason = "" }: BanWish,
): Promise<void> {
  await requireOver(context, administrator, userId);
  await accounts.banUser(context, administrator.actor, { userId, until, reason });
}

/** Lifts a ban; throws 403, 404. */
export async function unban(
  context: Context,
  administrator: Administrator,
  userId: string,
): Promise<void> {
  await requireOver(context, administrator, userId);
  await accounts.unbanUser(context, administrator.actor, userId);
}

/** Throws 403, 404, 409 "last-admin". */
export async function disable(
  context: Context,
  administrator: Administrator,
  userId: string,
): Promise<void> {
  await requireOver(context, administrator, userId);
  await accounts.disableUser(context, administrator.actor, userId);
}

/** Throws 403, 404. */
export async function enable(
  context: Context,
  administrator: Administrator,
  userId: string,
): Promise<void> {
  await requireOver(context, administrator, userId);
  await accounts.enableUser(context, administrator.actor, userId);
}

/** Deletes an account; throws 404, 409 "own-account" or "last-admin". */
export async function remove(
  context: Context,
  administrator: Administrator,
  userId: string,
): Promise<void> {
  await requireOver(context, administrator, userId);
  await accounts.deleteUser(context, administrator.actor, userId);
}

/** Throws 404, 409 "own-account" or "last-admin". */
export async function changeRole(
  context: Context,
  administrator: Administrator,
  wish: { readonly userId: string; readonly role: UserRow["role"] },
): Promise<void> {
  await requireOver(context, administrator, wish.userId);
  await accounts.setRole(context, administrator.actor, wish);
}

/** Takes an account's second factors off; throws 404, 409 "own-account". */
export async function resetSecondFactors(
  context: Context,
  administrator: Administrator,
  userId: string,
): Promise<void> {
  await requireOver(context, administrator, userId);
  await accounts.resetSecondFactors(context, administrator.actor, userId);
}

/** A link with which the owner sets a new password; throws 404. */
export function passwordResetLink(
  context: Context,
  administrator: Administrator,
  userId: string,
): Promise<HandedLink> {
  return createPasswordResetLink(context, administrator.actor, userId);
}
