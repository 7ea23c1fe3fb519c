import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { DeviceRow } from "../store/schema.ts";

/** A host of the account's. Throws 404 "no-host", for hosts that are not there and those of others alike. */
export async function requireOwnHost(
  context: Context,
  userId: string,
  hostId: string,
): Promise<DeviceRow> {
  const row = await context.store.db
    .selectFrom("devices")
    .selectAll()
    .where("id", "=", hostId)
    .where("user_id", "=", userId)
    .where("kind", "=", "host")
    .executeTakeFirst();
  if (row === undefined) throw new ApiError(404, "no-host", "you have no such host");
  return row;
}

/** Throws 400 "ends-in-the-past". */
export function requireFuture(context: Context, expiresAt: number | null | undefined): void {
  if (typeof expiresAt === "number" && expiresAt <= context.now())
    throw new ApiError(400, "ends-in-the-past", "that end is over already; choose a later one");
}
