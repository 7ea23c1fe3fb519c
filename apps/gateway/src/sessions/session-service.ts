import type { SessionKind } from "@wavry/signaling";
import { tellNews } from "../bus/news.ts";
import type { Context } from "../context.ts";
import type { Caller } from "../http/caller.ts";
import { newId, newToken, tokenHash } from "../keys.ts";
import type { SessionRow, UserRow } from "../store/schema.ts";

const DAY_MS = 24 * 3_600_000;
/** A session that is not used for so long ends. */
export const SESSION_IDLE_MS: number = 30 * DAY_MS;
/** A browser's session ends after so long, used or not. Programs' do not: an unattended machine has nobody to sign in anew. */
export const SESSION_MAX_MS: number = 90 * DAY_MS;
/** `last_seen_at` is written at most so often. */
export const SEEN_EVERY_MS = 60_000;
/** A sensitive change needs a proof that is at most so old. */
export const CONFIRMED_FOR_MS: number = 15 * 60_000;
/** The oldest of an account's sessions makes room for one more. */
const MAX_SESSIONS = 100;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** How a session came to be. */
export interface NewSession {
  readonly userId: string;
  readonly kind: SessionKind;
  /** What the person sees in the list. */
  readonly label: string;
  readonly address: string;
  /** A second factor was shown. */
  readonly secondFactor: boolean;
  /** The person proved in this very session who they are; false for one that was approved from another. */
  readonly confirmed: boolean;
}

/** A session with the token that nobody sees again. */
export interface OpenedSession {
  readonly session: SessionRow;
  readonly token: string;
}

/** Opens a session with a new token, whatever the caller came with. */
export async function createSession(context: Context, wish: NewSession): Promise<OpenedSession> {
  const now = context.now();
  const token = newToken();
  const session: SessionRow = {
    id: newId(),
    token_hash: tokenHash(token),
    user_id: wish.userId,
    kind: wish.kind,
    label: wish.label,
    address: wish.address,
    created_at: now,
    last_seen_at: now,
    expires_at: now + SESSION_IDLE_MS,
    second_factor_at: wish.secondFactor ? now : null,
    confirmed_at: wish.confirmed ? now : null,
  };
  const crowded = await context.store.db.transaction().execute(async (db) => {
    await db.insertInto("sessions").values(session).execute();
    const old = await db
      .selectFrom("sessions")
      .select("id")
      .where("user_id", "=", wish.userId)
      .where("id", "!=", session.id)
      .orderBy("last_seen_at", "desc")
      .offset(MAX_SESSIONS - 1)
      .limit(MAX_SESSIONS)
      .execute();
    const ids = old.map(({ id }) => id);
    if (ids.length > 0) await db.deleteFrom("sessions").where("id", "in", ids).execute();
    return ids;
  });
  await tellEnded(context, crowded);
  return { session, token };
}

/** Who a token belongs to; undefined for unknown and expired ones and for accounts that are banned or disabled. */
export async function findByToken(context: Context, token: string): Promise<Caller | undefined> {
  if (!TOKEN.test(token)) return undefined;
  const { db } = context.store;
  const session = await db
    .selectFrom("sessions")
    .selectAll()
    .where("token_hash", "=", tokenHash(token))
    .executeTakeFirst();
  const now = context.now();
  if (session === undefined || !isLive(session, now)) return undefined;
  const user = await db
    .selectFrom("users")
    .selectAll()
    .where("id", "=", session.user_id)
    .executeTakeFirst();
  return user === undefined || isShutOut(user, now) ? undefined : { user, session };
}

/** True while an account may not be used. */
export function isShutOut(user: UserRow, now: number): boolean {
  if (user.disabled_at !== null) return true;
  return user.banned_at !== null && (user.banned_until === null || user.banned_until > now);
}

function isLive(session: SessionRow, now: number): boolean {
  return session.expires_at > now && lastMomentOf(session) > now;
}

/** When a session ends in any case; Infinity for programs'. */
function lastMomentOf({ kind, created_at }: SessionRow): number {
  return kind === "program" ? Number.POSITIVE_INFINITY : created_at + SESSION_MAX_MS;
}

/** Moves the end of a session that is in use, once a minute at most. Never fails: the caller need not wait. */
export function slide(context: Context, session: SessionRow, address: string): void {
  const now = context.now();
  if (now - session.last_seen_at < SEEN_EVERY_MS) return;
  context.afterwards.run("slide a session", () =>
    context.store.db
      .updateTable("sessions")
      .set({
        last_seen_at: now,
        address,
        expires_at: Math.min(now + SESSION_IDLE_MS, lastMomentOf(session)),
      })
      .where("id", "=", session.id)
      .where("last_seen_at", "<=", now - SEEN_EVERY_MS)
      .execute(),
  );
}

/** Replaces a session's token after its rights changed; undefined if the session is gone. */
export async function renewToken(
  context: Context,
  sessionId: string,
  proof: { readonly confirmed?: boolean; readonly secondFactor?: boolean } = {},
): Promise<OpenedSession | undefined> {
  const token = newToken();
  const now = context.now();
  const session = await context.store.db
    .updateTable("sessions")
    .set({
      token_hash: tokenHash(token),
      ...(proof.confirmed && { confirmed_at: now }),
      ...(proof.secondFactor && { second_factor_at: now }),
    })
    .where("id", "=", sessionId)
    .returningAll()
    .executeTakeFirst();
  return session === undefined ? undefined : { session, token };
}

/** All live sessions of an account, newest use first. */
export async function listSessions(context: Context, userId: string): Promise<SessionRow[]> {
  const now = context.now();
  const sessions = await context.store.db
    .selectFrom("sessions")
    .selectAll()
    .where("user_id", "=", userId)
    .orderBy("last_seen_at", "desc")
    .limit(MAX_SESSIONS)
    .execute();
  return sessions.filter((session) => isLive(session, now));
}

/** Ends one session of an account at once, on all replicas; false if there is none. */
export async function endSession(
  context: Context,
  { userId, sessionId }: { readonly userId: string; readonly sessionId: string },
): Promise<boolean> {
  const gone = await context.store.db
    .deleteFrom("sessions")
    .where("id", "=", sessionId)
    .where("user_id", "=", userId)
    .returning("id")
    .execute();
  await tellEnded(
    context,
    gone.map(({ id }) => id),
  );
  return gone.length > 0;
}

/** Ends all sessions of an account at once, except one if told; says how many. */
export async function endSessions(
  context: Context,
  { userId, exceptId }: { readonly userId: string; readonly exceptId?: string },
): Promise<number> {
  let query = context.store.db.deleteFrom("sessions").where("user_id", "=", userId);
  if (exceptId !== undefined) query = query.where("id", "!=", exceptId);
  const gone = await query.returning("id").execute();
  await tellEnded(
    context,
    gone.map(({ id }) => id),
  );
  return gone.length;
}

/** The rows are gone and with them all rights; sockets hear of it if the bus is there. */
async function tellEnded(context: Context, ids: readonly string[]): Promise<void> {
  for (const sessionId of ids)
    try {
      await tellNews(context.bus, { type: "session-ended", sessionId });
    } catch (error) {
      context.log.error({ err: error, sessionId }, "could not tell that a session ended");
    }
}
