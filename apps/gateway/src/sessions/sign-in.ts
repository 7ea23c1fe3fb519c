import type {
  PasskeySignIn,
  PasswordSignIn,
  SecondFactorSignIn,
  SignedIn,
  SignInAnswer,
} from "@wavry/signaling";
import { normalEmail } from "../accounts/identity-rules.ts";
import { hashPassword, isOutdated, verifyPassword } from "../accounts/password-hash.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { admitGuess, forgiveGuesses, PASSWORD_GUESSES } from "../limits/guess-limits.ts";
import { knownDevice } from "../limits/known-device.ts";
import { requireWithin } from "../limits/limiter.ts";
import { createTicket, findTicket, takeTicket } from "../second-factor/challenges.ts";
import { factorMethods, takeFactor } from "../second-factor/factors.ts";
import { takePasskey } from "../second-factor/passkeys.ts";
import type { UserRow } from "../store/schema.ts";
import { type Exchange, openSession } from "./open-session.ts";
import { isShutOut } from "./session-service.ts";

/** Tries of one ticket. */
const TICKET_TRIES = { name: "ticket", max: 5, windowMillis: 10 * 60_000 };

/**
 * The first step. Known and unknown e-mails, and accounts without a password, cost the same and get the same answer:
 * 401 "wrong-credentials". Throws 403 "account-banned" or "account-disabled" once the password was right, 429.
 */
export async function signInWithPassword(
  context: Context,
  exchange: Exchange,
  wish: PasswordSignIn,
): Promise<SignInAnswer> {
  const { request, reply } = exchange;
  const email = normalEmail(wish.email);
  const user = await context.store.db
    .selectFrom("users")
    .selectAll()
    .where("email", "=", email)
    .executeTakeFirst();
  const guess = {
    account: email,
    address: request.ip,
    deviceId: knownDevice(context, request, user?.id),
  };
  await admitGuess(context, PASSWORD_GUESSES, guess);
  const hash = user?.password_hash ?? null;
  if (!(await verifyPassword(wish.password, hash)) || user === undefined || hash === null) {
    await recordRefusal(context, exchange, user, "password");
    throw new ApiError(401, "wrong-credentials", "e-mail or password is wrong");
  }
  await forgiveGuesses(context, PASSWORD_GUESSES, guess);
  await requireUsable(context, exchange, user);
  if (isOutdated(hash)) renewHash(context, user.id, { hash, password: wish.password });
  const methods = await factorMethods(context, user);
  if (methods.length === 0)
    return await openSession(context, exchange, { user, wish, method: "password" });
  reply.header("cache-control", "no-store");
  const ticket = await createTicket(context, user.id);
  return { status: "second-factor-required", ticket, methods };
}

/** The second step, for who has a ticket. Throws 401 "ticket-expired", "wrong-code", "passkey-refused"; 403; 429. */
export async function signInWithFactor(
  context: Context,
  exchange: Exchange,
  wish: SecondFactorSignIn,
): Promise<SignedIn> {
  const { request } = exchange;
  const user = await ticketHolder(context, wish.ticket);
  await requireWithin(context, TICKET_TRIES, wish.ticket);
  try {
    const method = await takeFactor(context, {
      user,
      proof: wish,
      address: request.ip,
      deviceId: knownDevice(context, request, user.id),
    });
    if (!(await takeTicket(context, wish.ticket, user.id))) throw ticketExpired();
    await requireUsable(context, exchange, user);
    return await openSession(context, exchange, { user, wish, method });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401)
      await recordRefusal(context, exchange, user, "second factor");
    throw error;
  }
}

/** Whose ticket this is; throws 401 "ticket-expired". */
export async function ticketHolder(context: Context, ticket: string): Promise<UserRow> {
  const userId = await findTicket(context, ticket);
  const user =
    userId === undefined
      ? undefined
      : await context.store.db
          .selectFrom("users")
          .selectAll()
          .where("id", "=", userId)
          .executeTakeFirst();
  if (user === undefined) throw ticketExpired();
  return user;
}

/** Both steps in one: the authenticator is what one has and checks what one knows or is. */
export async function signInWithPasskey(
  context: Context,
  exchange: Exchange,
  wish: PasskeySignIn,
): Promise<SignedIn> {
  const userId = await takePasskey(context, wish, undefined).catch(async (error: unknown) => {
    await recordRefusal(context, exchange, undefined, "passkey");
    throw error;
  });
  const user = await context.store.db
    .selectFrom("users")
    .selectAll()
    .where("id", "=", userId)
    .executeTakeFirstOrThrow();
  await requireUsable(context, exchange, user);
  return await openSession(context, exchange, { user, wish, method: "passkey" });
}

/** Throws 403 "account-banned" or "account-disabled". */
export async function requireUsable(
  context: Context,
  exchange: Exchange,
  user: UserRow,
): Promise<void> {
  const now = context.now();
  if (!isShutOut(user, now)) return;
  await recordRefusal(context, exchange, user, "shut out");
  if (user.disabled_at !== null)
    throw new ApiError(403, "account-disabled", "this account is out of use; ask an administrator");
  const until = user.banned_until;
  throw new ApiError(
    403,
    "account-banned",
    until === null
      ? "this account is banned"
      : `this account is banned until ${new Date(until).toISOString()}`,
  );
}

/** Notes a sign-in that failed. */
export async function recordRefusal(
  context: Context,
  { request }: Exchange,
  user: UserRow | undefined,
  method: string,
): Promise<void> {
  await context.audit.record({
    actor: "",
    address: request.ip,
    action: "session.refused",
    target: user?.id ?? "",
    details: { method },
  });
}

/** Brings a hash that was made with other parameters to the present ones, unless the password changed meanwhile. */
function renewHash(
  context: Context,
  userId: string,
  { hash, password }: { hash: string; password: string },
): void {
  context.afterwards.run("renew a password hash", async () => {
    await context.store.db
      .updateTable("users")
      .set({ password_hash: await hashPassword(password) })
      .where("id", "=", userId)
      .where("password_hash", "=", hash)
      .execute();
  });
}

function ticketExpired(): ApiError {
  return new ApiError(401, "ticket-expired", "this took too long; sign in from the start");
}
