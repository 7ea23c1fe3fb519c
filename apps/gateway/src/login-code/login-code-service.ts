import type { LoginCode, LoginCodeInfo } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { newToken, tokenHash } from "../keys.ts";
import { requireWithin } from "../limits/limiter.ts";
import { createSession, isShutOut, type OpenedSession } from "../sessions/session-service.ts";
import type { LoginCodeRow, UserRow } from "../store/schema.ts";
import { newUserCode, normalUserCode } from "./user-code.ts";

const LIFE_SECONDS = 600;
const INTERVAL_SECONDS = 5;
/** RFC 8628 §3.5: what "slow_down" adds. */
const SLOWER_SECONDS = 5;
/** Networks are not exact: a question that comes a little early is no haste. */
const EARLY_MS = 500;
/** Codes that one account may try: 20 an hour of 2^34 are no search. */
const TRIES = { name: "user-code", max: 20, windowMillis: 3_600_000 };

/** Starts a login for a program that has no browser (RFC 8628). */
export async function startLoginCode(
  context: Context,
  { label, address }: { readonly label: string; readonly address: string },
): Promise<LoginCode> {
  const deviceCode = newToken();
  const userCode = newUserCode();
  const now = context.now();
  await context.store.db
    .insertInto("login_codes")
    .values({
      device_code_hash: tokenHash(deviceCode),
      user_code_hash: hashOf(context, normalUserCode(userCode)!),
      label,
      address,
      created_at: now,
      expires_at: now + LIFE_SECONDS * 1000,
      last_polled_at: null,
      interval_seconds: INTERVAL_SECONDS,
      state: "pending",
      user_id: null,
    })
    .execute();
  const { href } = new URL("/account#code", context.config.publicUrl);
  return {
    deviceCode,
    userCode,
    verificationUri: href,
    verificationUriComplete: `${href}=${userCode}`,
    expiresInSeconds: LIFE_SECONDS,
    intervalSeconds: INTERVAL_SECONDS,
  };
}

/**
 * What the person has decided by now: the session, once. Until then 400 "authorization-pending", "slow-down",
 * "access-denied", "expired-token" (RFC 8628 §3.5).
 */
export async function pollLoginCode(
  context: Context,
  deviceCode: string,
): Promise<OpenedSession & { readonly user: UserRow }> {
  const { db } = context.store;
  const hash = tokenHash(deviceCode);
  const now = context.now();
  const code = await db
    .selectFrom("login_codes")
    .selectAll()
    .where("device_code_hash", "=", hash)
    .executeTakeFirst();
  if (code === undefined || code.state === "used" || code.expires_at <= now)
    throw new ApiError(400, "expired-token", "this login took too long; start it again");
  await requirePatience(context, code, now);
  if (code.state === "denied") throw new ApiError(400, "access-denied", "the login was denied");
  if (code.state === "pending")
    throw new ApiError(400, "authorization-pending", "approve the login in your browser");
  const taken = await db
    .updateTable("login_codes")
    .set({ state: "used" })
    .where("device_code_hash", "=", hash)
    .where("state", "=", "approved")
    .returning("user_id")
    .executeTakeFirst();
  const user = await db
    .selectFrom("users")
    .selectAll()
    .where("id", "=", taken?.user_id ?? "")
    .executeTakeFirst();
  if (user === undefined || isShutOut(user, now))
    throw new ApiError(400, "access-denied", "the login was denied");
  const opened = await createSession(context, {
    userId: user.id,
    kind: "program",
    label: code.label,
    address: code.address,
    secondFactor: false,
    confirmed: false,
  });
  return { ...opened, user };
}

/** Who asks with this user code; throws 404 "unknown-code", 429. */
export async function showLoginCode(
  context: Context,
  user: UserRow,
  userCode: string,
): Promise<LoginCodeInfo> {
  const code = await findPending(context, user, userCode);
  return {
    label: code.label,
    address: code.address,
    createdAt: code.created_at,
    expiresAt: code.expires_at,
  };
}

/** Lets the program in, or not; throws 404 "unknown-code", also for one that is decided, and 429. */
export async function decideLoginCode(
  context: Context,
  user: UserRow,
  { userCode, approve }: { readonly userCode: string; readonly approve: boolean },
): Promise<LoginCodeInfo> {
  const code = await findPending(context, user, userCode);
  const { numUpdatedRows } = await context.store.db
    .updateTable("login_codes")
    .set({ state: approve ? "approved" : "denied", user_id: user.id })
    .where("device_code_hash", "=", code.device_code_hash)
    .where("state", "=", "pending")
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw unknownCode();
  return {
    label: code.label,
    address: code.address,
    createdAt: code.created_at,
    expiresAt: code.expires_at,
  };
}

async function requirePatience(context: Context, code: LoginCodeRow, now: number): Promise<void> {
  const before = code.last_polled_at;
  const hasty =
    before !== null && now >= before && now - before < code.interval_seconds * 1000 - EARLY_MS;
  await context.store.db
    .updateTable("login_codes")
    .set({
      last_polled_at: now,
      interval_seconds: code.interval_seconds + (hasty ? SLOWER_SECONDS : 0),
    })
    .where("device_code_hash", "=", code.device_code_hash)
    .execute();
  if (hasty)
    throw new ApiError(400, "slow-down", "ask less often", {
      retryAfterSeconds: code.interval_seconds + SLOWER_SECONDS,
    });
}

async function findPending(
  context: Context,
  user: UserRow,
  userCode: string,
): Promise<LoginCodeRow> {
  await requireWithin(context, TRIES, user.id);
  const normal = normalUserCode(userCode);
  if (normal === undefined) throw unknownCode();
  const code = await context.store.db
    .selectFrom("login_codes")
    .selectAll()
    .where("user_code_hash", "=", hashOf(context, normal))
    .where("state", "=", "pending")
    .where("expires_at", ">", context.now())
    .executeTakeFirst();
  if (code === undefined) throw unknownCode();
  return code;
}

function hashOf(context: Context, normal: string): string {
  return context.keys.keyedHash(normal, "user code");
}

function unknownCode(): ApiError {
  return new ApiError(404, "unknown-code", "no login waits for this code; look at it again");
}
