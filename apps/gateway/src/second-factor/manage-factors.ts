import type { SecondFactors } from "@wavry/signaling";
import { requireUser } from "../accounts/users.ts";
import type { Context } from "../context.ts";
import { tokenHash } from "../keys.ts";
import { hasSecondFactor } from "./factors.ts";
import { listPasskeys } from "./passkeys.ts";
import { newRecoveryCodes, recoveryCodesLeft } from "./recovery-codes.ts";

/** What second factors an account has. */
export async function describeFactors(context: Context, userId: string): Promise<SecondFactors> {
  const user = await requireUser(context.store.db, userId);
  const passkeys = await listPasskeys(context, userId);
  return {
    totp: user.totp_confirmed_at !== null,
    passkeys: passkeys.map((passkey) => ({
      id: tokenHash(passkey.id),
      name: passkey.name,
      createdAt: passkey.created_at,
      lastUsedAt: passkey.last_used_at,
    })),
    recoveryCodesLeft: await recoveryCodesLeft(context, userId),
  };
}

/** Recovery codes for who has just got a factor and has no codes; undefined otherwise. */
export async function firstRecoveryCodes(
  context: Context,
  userId: string,
): Promise<string[] | undefined> {
  if ((await recoveryCodesLeft(context, userId)) > 0) return undefined;
  return await newRecoveryCodes(context, userId);
}

/** Recovery codes are no factor by themselves: they go with the last one. */
export async function dropIdleRecoveryCodes(context: Context, userId: string): Promise<void> {
  const user = await requireUser(context.store.db, userId);
  if (await hasSecondFactor(context, user)) return;
  await context.store.db.deleteFrom("recovery_codes").where("user_id", "=", userId).execute();
}

/** Takes all second factors off an account. */
export async function removeFactors(context: Context, userId: string): Promise<void> {
  await context.store.db.transaction().execute(async (db) => {
    await db
      .updateTable("users")
      .set({ totp_secret: null, totp_confirmed_at: null, totp_last_step: null })
      .where("id", "=", userId)
      .execute();
    for (const table of ["recovery_codes", "passkeys", "challenges"] as const)
      await db.deleteFrom(table).where("user_id", "=", userId).execute();
  });
}
