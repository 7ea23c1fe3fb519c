import { randomBytes } from "node:crypto";
import type { Context } from "../context.ts";

const CODES = 10;
/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARS = 16;
const GROUP_CHARS = 4;

/** Ten new codes of 80 bits; those before are void. They are told this once. */
export async function newRecoveryCodes(context: Context, userId: string): Promise<string[]> {
  const codes = Array.from({ length: CODES }, newCode);
  const rows = codes.map((code) => ({
    user_id: userId,
    code_hash: hashOf(context, userId, code),
    used_at: null,
  }));
  await context.store.db.transaction().execute(async (db) => {
    await db.deleteFrom("recovery_codes").where("user_id", "=", userId).execute();
    await db.insertInto("recovery_codes").values(rows).execute();
  });
  return codes;
}

/** Takes a code: true once for each. Case, spaces and dashes do not matter, nor do O for 0 and I or L for 1. */
export async function takeRecoveryCode(
  context: Context,
  userId: string,
  code: string,
): Promise<boolean> {
  const { numUpdatedRows } = await context.store.db
    .updateTable("recovery_codes")
    .set({ used_at: context.now() })
    .where("user_id", "=", userId)
    .where("code_hash", "=", hashOf(context, userId, code))
    .where("used_at", "is", null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** How many codes are unused. */
export async function recoveryCodesLeft(context: Context, userId: string): Promise<number> {
  const { left } = await context.store.db
    .selectFrom("recovery_codes")
    .select((eb) => eb.fn.countAll<number | string>().as("left"))
    .where("user_id", "=", userId)
    .where("used_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(left);
}

function newCode(): string {
  const chars = Array.from(randomBytes(CODE_CHARS), (byte) => ALPHABET[byte % ALPHABET.length]);
  const groups: string[] = [];
  for (let at = 0; at < CODE_CHARS; at += GROUP_CHARS)
    groups.push(chars.slice(at, at + GROUP_CHARS).join(""));
  return groups.join("-");
}

function hashOf(context: Context, userId: string, code: string): string {
  const plain = code.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return context.keys.keyedHash(plain, `recovery:${userId}`);
}
