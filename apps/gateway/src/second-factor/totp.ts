import { Secret, TOTP } from "otpauth";
import type { Context } from "../context.ts";
import type { UserRow } from "../store/schema.ts";

const PERIOD_SECONDS = 30;
const SECRET_BYTES = 20;
/** Steps before and after now, for clocks that differ. */
const WINDOW = 1;

/** RFC 6238 with what every authenticator app takes: SHA-1, six digits, 30 s. */
function totpOf(context: Context, user: UserRow, secret: Secret): TOTP {
  return new TOTP({
    issuer: `Wavry ${context.config.publicUrl.host}`,
    label: user.email,
    algorithm: "SHA1",
    digits: 6,
    period: PERIOD_SECONDS,
    secret,
  });
}

/** Gives an account without TOTP a new secret, which counts once a code of it was entered. False if it has TOTP. */
export async function enrolTotp(
  context: Context,
  user: UserRow,
): Promise<{ secret: string; url: string } | undefined> {
  const secret = new Secret({ size: SECRET_BYTES });
  const { numUpdatedRows } = await context.store.db
    .updateTable("users")
    .set({
      totp_secret: context.keys.seal(secret.base32, placeOf(user.id)),
      totp_last_step: null,
    })
    .where("id", "=", user.id)
    .where("totp_confirmed_at", "is", null)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return undefined;
  return { secret: secret.base32, url: totpOf(context, user, secret).toString() };
}

/** Takes the first code of a new secret; false if it is wrong. */
export async function confirmTotp(context: Context, user: UserRow, code: string): Promise<boolean> {
  const step = stepOf(context, user, code);
  if (step === undefined) return false;
  const { numUpdatedRows } = await context.store.db
    .updateTable("users")
    .set({ totp_confirmed_at: context.now(), totp_last_step: step })
    .where("id", "=", user.id)
    .where("totp_secret", "=", user.totp_secret)
    .where("totp_confirmed_at", "is", null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Takes a code: true once for each, whoever shows it and on whichever replica. */
export async function takeTotp(context: Context, user: UserRow, code: string): Promise<boolean> {
  const step = stepOf(context, user, code);
  if (step === undefined) return false;
  const { numUpdatedRows } = await context.store.db
    .updateTable("users")
    .set({ totp_last_step: step })
    .where("id", "=", user.id)
    .where("totp_confirmed_at", "is not", null)
    .where("totp_secret", "=", user.totp_secret)
    .where((eb) => eb.or([eb("totp_last_step", "is", null), eb("totp_last_step", "<", step)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Takes TOTP off an account. */
export async function removeTotp(context: Context, userId: string): Promise<boolean> {
  const { numUpdatedRows } = await context.store.db
    .updateTable("users")
    .set({ totp_secret: null, totp_confirmed_at: null, totp_last_step: null })
    .where("id", "=", userId)
    .where("totp_confirmed_at", "is not", null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

function stepOf(context: Context, user: UserRow, code: string): number | undefined {
  if (user.totp_secret === null) return undefined;
  const secret = Secret.fromBase32(context.keys.unseal(user.totp_secret, placeOf(user.id)));
  const timestamp = context.now();
  const delta = totpOf(context, user, secret).validate({ token: code, timestamp, window: WINDOW });
  return delta === null ? undefined : Math.floor(timestamp / 1000 / PERIOD_SECONDS) + delta;
}

function placeOf(userId: string): string {
  return `totp:${userId}`;
}
