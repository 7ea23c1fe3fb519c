import type { AccountExport } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { requireUser } from "./users.ts";

/** Of what grows without end, the newest. */
const MAX_ROWS = 10_000;

/** All that the gateway has of an account, without hashes and secrets, for its owner. Throws 404 "not-found". */
export async function exportAccount(context: Context, userId: string): Promise<AccountExport> {
  const { db } = context.store;
  const user = await requireUser(db, userId);
  const { password_hash, totp_secret, totp_last_step, ...account } = user;
  const devices = await db
    .selectFrom("devices")
    .selectAll()
    .where("user_id", "=", userId)
    .execute();
  const deviceIds = devices.map(({ id }) => id);
  const own = deviceIds.length === 0 ? [""] : deviceIds;
  return {
    exportedAt: context.now(),
    account: { ...account, has_password: password_hash !== null },
    sessions: await db
      .selectFrom("sessions")
      .select(["id", "kind", "label", "address", "created_at", "last_seen_at", "expires_at"])
      .where("user_id", "=", userId)
      .execute(),
    passkeys: await db
      .selectFrom("passkeys")
      .select(["id", "public_key", "transports", "name", "created_at", "last_used_at"])
      .where("user_id", "=", userId)
      .execute(),
    device_groups: await db
      .selectFrom("device_groups")
      .selectAll()
      .where("user_id", "=", userId)
      .execute(),
    devices,
    grants: await db
      .selectFrom("grants")
      .selectAll()
      .where((eb) => eb.or([eb("user_id", "=", userId), eb("host_id", "in", own)]))
      .execute(),
    grant_offers: await db
      .selectFrom("grant_offers")
      .selectAll()
      .where((eb) => eb.or([eb("user_id", "=", userId), eb("host_id", "in", own)]))
      .execute()
      // Not whether the name that the owner typed is anybody's.
      .then((offers) => offers.map(({ user_id, ...offer }) => offer)),
    share_links: await db
      .selectFrom("share_links")
      .selectAll()
      .where("host_id", "in", own)
      .execute()
      .then((links) => links.map(({ token_hash, ...link }) => link)),
    screen_sessions: await db
      .selectFrom("screen_sessions")
      .selectAll()
      .where((eb) => eb.or([eb("user_id", "=", userId), eb("host_id", "in", own)]))
      .orderBy("started_at", "desc")
      .limit(MAX_ROWS)
      .execute(),
    audit: await db
      .selectFrom("audit")
      .select(["at", "actor", "address", "action", "target", "details"])
      .where((eb) => eb.or([eb("actor", "=", userId), eb("target", "=", userId)]))
      .orderBy("seq", "desc")
      .limit(MAX_ROWS)
      .execute(),
  };
}
