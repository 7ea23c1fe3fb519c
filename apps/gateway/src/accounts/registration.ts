import type { Registration, RegistrationAnswer, RegistrationConfirmation } from "@wavry/signaling";
import type { Kysely } from "kysely";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { OneTimeLinkRow, Tables, UserRow } from "../store/schema.ts";
import { normalDisplayName, normalEmail, normalUsername } from "./identity-rules.ts";
import { knownLetter, registrationLetter } from "./letters.ts";
import { createLink, findLink, linkVoid, useLink } from "./one-time-links.ts";
import { hashPassword } from "./password-hash.ts";
import { requireGoodPassword } from "./password-rules.ts";
import { mayWriteTo } from "./post.ts";
import { findByEmail, insertUser, type NewUser, usernameTaken } from "./users.ts";

const CONFIRM_MS = 24 * 3_600_000;
/** The row that says that the first administrator's account was made: of two set-up links at once, one wins. */
const SETUP_DONE = "setup-done";

/**
 * Makes an account, or sends the letter that leads to it. Known and unknown e-mails get the same answer for the same
 * work. Without a mail server nobody can prove an address: who registers a known one finds out when signing in.
 * Throws 400 with what is wrong, 403 "registration-closed" or "invitation-needed", 409 "username-taken", 410 "link-void".
 */
export async function register(
  context: Context,
  address: string,
  wish: Registration,
): Promise<RegistrationAnswer> {
  const email = normalEmail(wish.email);
  const username = normalUsername(wish.username);
  const displayName = normalDisplayName(wish.displayName);
  requireGoodPassword(wish.password, { email, username });
  const link = await requireAdmission(context, wish.link, email);
  await requireFreeUsername(context, username);
  const passwordHash = await hashPassword(wish.password);
  const user: NewUser = { email, username, displayName, passwordHash, role: link?.role ?? "user" };
  // An invitation for one address, and the first account, need no letter.
  const vouched = link !== undefined && (link.purpose === "setup" || link.email !== null);
  if (context.mail.configured && !vouched) {
    if (wish.link !== undefined)
      await useLink(context, context.store.db, wish.link, ["invitation"]);
    context.afterwards.run("send a registration's letter", () => sendLetter(context, user));
    return { status: "confirm-mail" };
  }
  const made = await context.store.db.transaction().execute(async (db) => {
    if (wish.link !== undefined && link !== undefined) {
      await useLink(context, db, wish.link, [link.purpose]);
      if (link.purpose === "setup") await finishSetup(db);
    }
    return await insertUser(context, db, user);
  });
  await recordRegistration(context, address, made);
  return { status: "registered" };
}

/** Makes the account that a letter's link is for. Throws 409 "username-taken" or "email-taken", 410 "link-void". */
export async function confirmRegistration(
  context: Context,
  address: string,
  { link: token, username }: RegistrationConfirmation,
): Promise<RegistrationAnswer> {
  const other = username === undefined ? undefined : normalUsername(username);
  const made = await context.store.db.transaction().execute(async (db) => {
    const { details } = await useLink(context, db, token, ["registration"]);
    const user = JSON.parse(details ?? "") as NewUser;
    return await insertUser(context, db, { ...user, username: other ?? user.username });
  });
  await recordRegistration(context, address, made);
  if (made === undefined)
    throw new ApiError(409, "email-taken", "this e-mail has an account by now; sign in");
  return { status: "registered" };
}

async function finishSetup(db: Kysely<Tables>): Promise<void> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("settings")
    .values({ key: SETUP_DONE, value: "1" })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) throw linkVoid();
}

async function requireAdmission(
  context: Context,
  token: string | undefined,
  email: string,
): Promise<OneTimeLinkRow | undefined> {
  if (token === undefined) {
    const { registration } = context.config;
    if (registration === "open") return undefined;
    throw registration === "closed"
      ? new ApiError(403, "registration-closed", "this gateway takes no new accounts")
      : new ApiError(403, "invitation-needed", "ask an administrator for an invitation");
  }
  const link = await findLink(context, token, ["setup", "invitation"]);
  if (link.email !== null && link.email !== email)
    throw new ApiError(403, "wrong-email", "this invitation is for another e-mail");
  return link;
}

async function requireFreeUsername(context: Context, username: string): Promise<void> {
  const taken = await context.store.db
    .selectFrom("users")
    .select("id")
    .where("username", "=", username)
    .executeTakeFirst();
  if (taken !== undefined) throw usernameTaken();
}

async function sendLetter(context: Context, user: NewUser): Promise<void> {
  const { email } = user;
  if (!(await mayWriteTo(context, email))) return;
  if ((await findByEmail(context.store.db, email)) !== undefined)
    return await context.mail.send(knownLetter(email));
  const link = await createLink(context, {
    purpose: "registration",
    email,
    details: JSON.stringify(user),
    lifeMillis: CONFIRM_MS,
  });
  await context.mail.send(registrationLetter(email, link));
}

async function recordRegistration(
  context: Context,
  address: string,
  made: UserRow | undefined,
): Promise<void> {
  await context.audit.record({
    actor: made?.id ?? "",
    address,
    action: made === undefined ? "account.registration-refused" : "account.registered",
    target: made?.id ?? "",
    details: { role: made?.role ?? null },
  });
}
