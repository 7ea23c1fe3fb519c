import type { Revocation } from "@wavry/signaling";
import { requireUser } from "../accounts/users.ts";
import { tellNews } from "../bus/news.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { endSession, endSessions } from "../sessions/session-service.ts";
import type { Administrator } from "./access.ts";
import { requireOutranked } from "./user-acts.ts";

const REASON = "revoked";

/**
 * Ends what is named, at once and on all replicas; says how many. Throws 400 "invalid" unless exactly one is named, 403
 * "role-too-low", 404 "not-found".
 */
export async function revoke(
  context: Context,
  administrator: Administrator,
  { sessionId, userId, screenSessionId }: Revocation,
): Promise<number> {
  const named = [sessionId, userId, screenSessionId].filter((one) => one !== undefined);
  if (named.length !== 1)
    throw new ApiError(400, "invalid", "give exactly one of sessionId, userId and screenSessionId");
  if (sessionId !== undefined) return revokeSession(context, administrator, sessionId);
  if (userId !== undefined) return revokeSessions(context, administrator, userId);
  return revokeScreenSession(context, administrator, screenSessionId!);
}

async function revokeSession(
  context: Context,
  administrator: Administrator,
  sessionId: string,
): Promise<number> {
  const session = await context.store.db
    .selectFrom("sessions")
    .select("user_id")
    .where("id", "=", sessionId)
    .executeTakeFirst();
  if (session === undefined) throw notFound("sign-in");
  const userId = session.user_id;
  await requireMay(context, administrator, userId);
  if (!(await endSession(context, { userId, sessionId }))) throw notFound("sign-in");
  await context.audit.record({
    ...administrator.actor,
    action: "session.revoked",
    target: sessionId,
    details: { userId },
  });
  return 1;
}

async function revokeSessions(
  context: Context,
  administrator: Administrator,
  userId: string,
): Promise<number> {
  await requireMay(context, administrator, userId);
  const count = await endSessions(context, { userId });
  await context.audit.record({
    ...administrator.actor,
    action: "session.revoked-all",
    target: userId,
    details: { count },
  });
  return count;
}

async function revokeScreenSession(
  context: Context,
  administrator: Administrator,
  id: string,
): Promise<number> {
  const ended = await context.store.db
    .updateTable("screen_sessions")
    .set({ ended_at: context.now(), end_reason: REASON })
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .returning("host_id")
    .executeTakeFirst();
  if (ended === undefined) throw notFound("live session");
  try {
    await tellNews(context.bus, {
      ...{ type: "screen-session-ended", screenSessionId: id, reason: REASON },
    });
  } catch (error) {
    // A host of another replica ends it when it hears the gateway again: the books no longer have it.
    context.log.error({ err: error, screenSessionId: id }, "could not tell that a session ended");
  }
  await context.audit.record({
    ...administrator.actor,
    action: "screen-session.revoked",
    target: id,
    details: { hostId: ended.host_id },
  });
  return 1;
}

/** One's own sign-ins one may end whatever one's role. */
async function requireMay(
  context: Context,
  { role, caller }: Administrator,
  userId: string,
): Promise<void> {
  if (caller?.user.id === userId) return;
  requireOutranked(role, await requireUser(context.store.db, userId));
}

function notFound(what: string): ApiError {
  return new ApiError(404, "not-found", `there is no such ${what}`);
}
