import type { OneTimeSignIn, OneTimeSignInAnswer } from "@wavry/signaling";
import { createLink, linkVoid, type OneTimeLink, useLink } from "../accounts/one-time-links.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { createTicket } from "../second-factor/challenges.ts";
import { factorMethods } from "../second-factor/factors.ts";
import type { UserRow } from "../store/schema.ts";
import { type Exchange, openSession } from "./open-session.ts";
import { recordRefusal, requireUsable } from "./sign-in.ts";

const LIFE_MS = 15 * 60_000;
const METHOD = "sign-in-link";

/** Where a sign-in link leads to. */
interface LinkDetails {
  readonly hostId?: string;
}

/**
 * A link that signs its holder in, once, within 15 minutes; the account's links before it are void. No route of the
 * gateway makes one: only who runs the gateway does (local/door.ts).
 */
export async function createSignInLink(
  context: Context,
  user: UserRow,
  details: LinkDetails,
): Promise<OneTimeLink> {
  await context.store.db
    .deleteFrom("one_time_links")
    .where("user_id", "=", user.id)
    .where("purpose", "=", "sign-in")
    .where("used_at", "is", null)
    .execute();
  const link = await createLink(context, {
    ...{ purpose: "sign-in", userId: user.id, createdBy: "system" },
    ...{ lifeMillis: LIFE_MS, details: JSON.stringify(details) },
  });
  await context.audit.record({
    ...{ actor: "system", address: "", action: "sign-in-link.created", target: user.id },
  });
  return link;
}

/**
 * Signs a browser in by such a link. It stands for the password: an account with a second factor is asked for that too.
 * Throws 410 "link-void", 403 "account-banned" or "account-disabled".
 */
export async function signInByLink(
  context: Context,
  exchange: Exchange,
  { token, ...wish }: OneTimeSignIn,
): Promise<OneTimeSignInAnswer> {
  const { db } = context.store;
  let user: UserRow | undefined;
  let details: LinkDetails;
  try {
    const link = await useLink(context, db, token, ["sign-in"]);
    details = JSON.parse(link.details ?? "{}") as LinkDetails;
    user = await db
      .selectFrom("users")
      .selectAll()
      .where("id", "=", link.user_id ?? "")
      .executeTakeFirst();
    if (user === undefined) throw linkVoid();
  } catch (error) {
    if (error instanceof ApiError && error.status === 410)
      await recordRefusal(context, exchange, undefined, METHOD);
    throw error;
  }
  await requireUsable(context, exchange, user);
  const methods = await factorMethods(context, user);
  if (methods.length === 0) {
    const { account, session } = await openSession(context, exchange, {
      ...{ user, wish, method: METHOD },
    });
    return { status: "signed-in", account, session, ...details };
  }
  exchange.reply.header("cache-control", "no-store");
  const ticket = await createTicket(context, user.id);
  return { status: "second-factor-required", ticket, methods, ...details };
}
