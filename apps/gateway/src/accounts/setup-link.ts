import type { Context } from "../context.ts";
import { createLink, type OneTimeLink } from "./one-time-links.ts";

const LIFE_MS = 24 * 3_600_000;

/** A link that makes the first administrator's account; undefined once there is one. */
export async function createSetupLink(context: Context): Promise<OneTimeLink | undefined> {
  const admin = await context.store.db
    .selectFrom("users")
    .select("id")
    .where("role", "=", "admin")
    .limit(1)
    .executeTakeFirst();
  if (admin !== undefined) return undefined;
  return await createLink(context, { purpose: "setup", role: "admin", lifeMillis: LIFE_MS });
}
