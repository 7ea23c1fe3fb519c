import type { Context } from "../context.ts";
import { newId, newToken, tokenHash } from "../keys.ts";
import type { ChallengeRow } from "../store/schema.ts";

const CHALLENGE_MS = 5 * 60_000;

/** What a challenge may be used for, once, within five minutes. */
export type ChallengePurpose = "passkey-register" | "passkey-sign-in" | "passkey-factor" | "ticket";

/** Notes what must come back signed; says its ID. */
export async function createChallenge(
  context: Context,
  wish: {
    readonly purpose: ChallengePurpose;
    readonly userId: string | null;
    readonly challenge: string;
  },
): Promise<string> {
  const id = newId();
  await insert(context, { id, ...wish });
  return id;
}

/** Takes a challenge away: nobody can use it again. Undefined if it is not there, expired, or another account's. */
export async function takeChallenge(
  context: Context,
  {
    id,
    purpose,
    userId,
  }: { readonly id: string; readonly purpose: ChallengePurpose; readonly userId: string | null },
): Promise<ChallengeRow | undefined> {
  let query = context.store.db
    .deleteFrom("challenges")
    .where("id", "=", id)
    .where("purpose", "=", purpose);
  query =
    userId === null ? query.where("user_id", "is", null) : query.where("user_id", "=", userId);
  const row = await query.returningAll().executeTakeFirst();
  return row !== undefined && row.expires_at > context.now() ? row : undefined;
}

/** A ticket says that this account's password was right: good for the second step alone. */
export async function createTicket(context: Context, userId: string): Promise<string> {
  const ticket = newToken();
  await insert(context, { id: tokenHash(ticket), purpose: "ticket", userId, challenge: "" });
  return ticket;
}

/** Whose ticket this is; undefined if it is none or too old. */
export async function findTicket(context: Context, ticket: string): Promise<string | undefined> {
  const row = await context.store.db
    .selectFrom("challenges")
    .selectAll()
    .where("id", "=", tokenHash(ticket))
    .where("purpose", "=", "ticket")
    .executeTakeFirst();
  return row !== undefined && row.expires_at > context.now()
    ? (row.user_id ?? undefined)
    : undefined;
}

/** Takes a ticket away; false if someone else was faster. */
export async function takeTicket(
  context: Context,
  ticket: string,
  userId: string,
): Promise<boolean> {
  const id = tokenHash(ticket);
  return (await takeChallenge(context, { id, purpose: "ticket", userId })) !== undefined;
}

/** Voids all tickets and challenges of an account: its password or factors changed. */
export async function dropChallenges(context: Context, userId: string): Promise<void> {
  await context.store.db.deleteFrom("challenges").where("user_id", "=", userId).execute();
}

async function insert(
  context: Context,
  wish: { id: string; purpose: ChallengePurpose; userId: string | null; challenge: string },
): Promise<void> {
  const { id, purpose, userId, challenge } = wish;
  const expires_at = context.now() + CHALLENGE_MS;
  await context.store.db
    .insertInto("challenges")
    .values({ id, purpose, user_id: userId, challenge, expires_at })
    .execute();
}
