import type { SessionWish, SignedIn } from "@wavry/signaling";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { actorOf, type Caller } from "../http/caller.ts";
import { markKnownDevice } from "../limits/known-device.ts";
import type { UserRow } from "../store/schema.ts";
import { sessionCookie } from "./session-cookie.ts";
import { labelOf } from "./session-label.ts";
import {
  createSession,
  endSession,
  type OpenedSession,
  renewToken,
  SESSION_MAX_MS,
} from "./session-service.ts";
import { accountView, sessionView } from "./views.ts";

/** What proves one thing alone. */
const ONE_FACTOR: ReadonlySet<string> = new Set(["password", "sign-in-link"]);

/** A request with its reply. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Signs a person in who has shown all that is needed: a new token, and the browser's session before it ends. */
export async function openSession(
  context: Context,
  exchange: Exchange,
  { user, wish, method }: { user: UserRow; wish: SessionWish; method: string },
): Promise<SignedIn> {
  const { request, reply } = exchange;
  const kind = wish.kind ?? "browser";
  const before = request.caller;
  if (before !== undefined && before.session.kind === "browser" && kind === "browser")
    await endSession(context, { userId: before.user.id, sessionId: before.session.id });
  const opened = await createSession(context, {
    userId: user.id,
    kind,
    label: wish.label ?? labelOf(request),
    address: request.ip,
    secondFactor: !ONE_FACTOR.has(method),
    confirmed: true,
  });
  await context.audit.record({
    actor: user.id,
    address: request.ip,
    action: "session.created",
    target: opened.session.id,
    details: { method, kind },
  });
  if (kind === "browser") markKnownDevice(context, request, reply, user.id);
  return await answer(context, exchange, user, opened);
}

/**
 * Replaces the token of a caller whose rights just changed, so that a token that someone saw before does not gain them.
 * Throws 401 "sign-in-required" if the session ended meanwhile.
 */
export async function renewSession(
  context: Context,
  exchange: Exchange,
  caller: Caller,
  proof: { readonly confirmed?: boolean; readonly secondFactor?: boolean } = {},
): Promise<SignedIn> {
  const opened = await renewToken(context, caller.session.id, proof);
  if (opened === undefined) throw new ApiError(401, "sign-in-required", "sign in and try again");
  const user = await context.store.db
    .selectFrom("users")
    .selectAll()
    .where("id", "=", caller.user.id)
    .executeTakeFirst();
  return await answer(context, exchange, user ?? caller.user, opened);
}

/** Signs the caller out here. */
export async function closeSession(
  context: Context,
  { request, reply }: Exchange,
  caller: Caller,
): Promise<void> {
  await endSession(context, { userId: caller.user.id, sessionId: caller.session.id });
  sessionCookie(context.config).clear(reply);
  await context.audit.record({
    ...actorOf(request),
    action: "session.ended",
    target: caller.session.id,
  });
}

async function answer(
  context: Context,
  { reply }: Exchange,
  user: UserRow,
  { session, token }: OpenedSession,
): Promise<SignedIn> {
  reply.header("cache-control", "no-store");
  if (session.kind === "browser") {
    // The cookie may stay as long as the session can live at most: the database knows when it really ends.
    const millis = session.created_at + SESSION_MAX_MS - context.now();
    sessionCookie(context.config).set(reply, token, Math.max(1, Math.floor(millis / 1000)));
  }
  return {
    status: "signed-in",
    account: await accountView(context, user),
    session: sessionView(session, session.id),
    ...(session.kind === "program" && { token }),
  };
}
