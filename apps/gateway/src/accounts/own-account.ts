import type { AccountChange } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { dropChallenges } from "../second-factor/challenges.ts";
import { listPasskeys } from "../second-factor/passkeys.ts";
import { endSessions } from "../sessions/session-service.ts";
import type { UserRow } from "../store/schema.ts";
import { normalDisplayName, normalEmail, normalUsername } from "./identity-rules.ts";
import { changeLetter, knownLetter, newEmailLetter } from "./letters.ts";
import { createLink, findLink, useLink } from "./one-time-links.ts";
import { hashPassword } from "./password-hash.ts";
import { voidResetLinks } from "./password-reset.ts";
import { requireGoodPassword } from "./password-rules.ts";
import { mayWriteTo, writeLater } from "./post.ts";
import { findByEmail, requireUser, usernameTaken } from "./users.ts";

const EMAIL_LIFE_MS = 24 * 3_600_000;

/** Changes an account's names. Throws 400 with what is wrong, 409 "username-taken". */
export async function changeNames(
  context: Context,
  userId: string,
  change: AccountChange,
): Promise<UserRow> {
  const username = change.username === undefined ? undefined : normalUsername(change.username);
  const displayName =
    change.displayName === undefined ? undefined : normalDisplayName(change.displayName);
  return await context.store.db.transaction().execute(async (db) => {
    const user = await requireUser(db, userId);
    const names = {
      username: username ?? user.username,
      display_name: displayName ?? user.display_name,
    };
    const other = await db
      .selectFrom("users")
      .select("id")
      .where("username", "=", names.username)
      .where("id", "!=", userId)
      .executeTakeFirst();
    if (other !== undefined) throw usernameTaken();
    await db.updateTable("users").set(names).where("id", "=", userId).execute();
    return { ...user, ...names };
  });
}

/** Sets a password: all other sessions end, links and half-done sign-ins are void. Throws 400 "weak-password". */
export async function changePassword(
  context: Context,
  { user, sessionId, password }: { user: UserRow; sessionId: string; password: string },
): Promise<void> {
  requireGoodPassword(password, user);
  await setPassword(context, user, await hashPassword(password));
  await endSessions(context, { userId: user.id, exceptId: sessionId });
  writeLater(context, changeLetter(user.email, "Its password was changed"));
}

/** Takes the password off an account whose owner signs in with passkeys. Throws 409 "passkey-needed". */
export async function removePassword(
  context: Context,
  { user, sessionId }: { user: UserRow; sessionId: string },
): Promise<void> {
  if ((await listPasskeys(context, user.id)).length === 0)
    throw new ApiError(409, "passkey-needed", "register a passkey first");
  await setPassword(context, user, null);
  await endSessions(context, { userId: user.id, exceptId: sessionId });
  writeLater(context, changeLetter(user.email, "Its password was removed"));
}

/**
 * Sends a link to the address that the account is to have. The answer is the same whether or not another account has it.
 * Throws 409 "no-mail" where nothing can be proven.
 */
export function askForEmail(context: Context, user: UserRow, text: string): void {
  const email = normalEmail(text);
  if (!context.mail.configured)
    throw new ApiError(409, "no-mail", "this gateway sends no mail; ask an administrator");
  context.afterwards.run("send a new e-mail's letter", async () => {
    if (!(await mayWriteTo(context, email))) return;
    if ((await findByEmail(context.store.db, email)) !== undefined)
      return await context.mail.send(knownLetter(email));
    const link = await createLink(context, {
      purpose: "email",
      userId: user.id,
      email,
      lifeMillis: EMAIL_LIFE_MS,
    });
    await context.mail.send(newEmailLetter(email, link));
  });
}

/** Follows that link. Says whose account it was; throws 409 "email-taken", 410 "link-void". */
export async function confirmEmail(context: Context, token: string): Promise<UserRow> {
  const { user_id } = await findLink(context, token, ["email"]);
  const before = await requireUser(context.store.db, user_id ?? "");
  await context.store.db.transaction().execute(async (db) => {
    const { email } = await useLink(context, db, token, ["email"]);
    if (email === null || (await findByEmail(db, email)) !== undefined)
      throw new ApiError(409, "email-taken", "this e-mail has an account by now");
    await db.updateTable("users").set({ email }).where("id", "=", before.id).execute();
    await voidResetLinks(db, before.id);
  });
  writeLater(context, changeLetter(before.email, "Its e-mail address was changed"));
  return before;
}

async function setPassword(context: Context, user: UserRow, hash: string | null): Promise<void> {
  await context.store.db.transaction().execute(async (db) => {
    await db.updateTable("users").set({ password_hash: hash }).where("id", "=", user.id).execute();
    await voidResetLinks(db, user.id);
  });
  await dropChallenges(context, user.id);
}
