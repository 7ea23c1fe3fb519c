import type { PasswordReset, PasswordResetAnswer } from "@wavry/signaling";
import { sql } from "kysely";
import type { Actor } from "../audit/audit-log.ts";
import type { Context } from "../context.ts";
import { dropChallenges } from "../second-factor/challenges.ts";
import { endSessions, isShutOut } from "../sessions/session-service.ts";
import { normalEmail } from "./identity-rules.ts";
import { changeLetter, resetLetter } from "./letters.ts";
import { createLink, findLink, type OneTimeLink, useLink } from "./one-time-links.ts";
import { hashPassword } from "./password-hash.ts";
import { requireGoodPassword } from "./password-rules.ts";
import { mayWriteTo, writeLater } from "./post.ts";
import { findByEmail, requireUser } from "./users.ts";

const MAIL_LIFE_MS = 3_600_000;
const ADMIN_LIFE_MS = 24 * 3_600_000;

/** Sends a link to an account's e-mail. The answer is the same for all and comes before anything is looked up. */
export function askForReset(context: Context, address: string, text: string): PasswordResetAnswer {
  const email = normalEmail(text);
  if (!context.mail.configured) return { status: "ask-administrator" };
  context.afterwards.run("send a reset's letter", async () => {
    if (!(await mayWriteTo(context, email))) return;
    const user = await findByEmail(context.store.db, email);
    if (user === undefined || isShutOut(user, context.now())) return;
    const link = await createLink(context, {
      purpose: "password-reset",
      userId: user.id,
      lifeMillis: MAIL_LIFE_MS,
    });
    await context.mail.send(resetLetter(user.email, link));
    await context.audit.record({
      actor: "",
      address,
      action: "account.reset-asked",
      target: user.id,
    });
  });
  return { status: "check-mail" };
}

/** A link with which the owner sets a new password; an administrator passes it on. Throws 404 "not-found". */
export async function createPasswordResetLink(
  context: Context,
  actor: Actor,
  userId: string,
): Promise<OneTimeLink> {
  await requireUser(context.store.db, userId);
  const link = await createLink(context, {
    purpose: "password-reset",
    userId,
    createdBy: actor.actor,
    lifeMillis: ADMIN_LIFE_MS,
  });
  await context.audit.record({ ...actor, action: "account.reset-link-created", target: userId });
  return link;
}

/**
 * Sets a password with a link: all sessions end, other links and half-done sign-ins are void. Second factors stay: the
 * next sign-in asks for them. Throws 400 "weak-password", 410 "link-void".
 */
export async function resetPassword(
  context: Context,
  address: string,
  { link: token, password }: PasswordReset,
): Promise<void> {
  const { user_id } = await findLink(context, token, ["password-reset"]);
  const user = await requireUser(context.store.db, user_id ?? "");
  requireGoodPassword(password, user);
  const hash = await hashPassword(password);
  await context.store.db.transaction().execute(async (db) => {
    await useLink(context, db, token, ["password-reset"]);
    await db.updateTable("users").set({ password_hash: hash }).where("id", "=", user.id).execute();
    await voidResetLinks(db, user.id);
  });
  await endSessions(context, { userId: user.id });
  await dropChallenges(context, user.id);
  writeLater(context, changeLetter(user.email, "Its password was reset"));
  await context.audit.record({
    actor: user.id,
    address,
    action: "account.password-reset",
    target: user.id,
  });
}

/** Voids what else could set this account's password or e-mail, or stand for the password. */
export async function voidResetLinks(db: Context["store"]["db"], userId: string): Promise<void> {
  await db
    .deleteFrom("one_time_links")
    .where("user_id", "=", userId)
    .where("purpose", "in", ["password-reset", "email", "sign-in"])
    .where(sql<boolean>`used_at is null`)
    .execute();
}
