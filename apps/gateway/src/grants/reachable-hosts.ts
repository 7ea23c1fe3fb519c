import { ALL_RIGHTS, type ReachableHost } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { onlineHosts, toldOf } from "../devices/device-views.ts";
import { readRights } from "./grant-views.ts";

const MAX_HOSTS = 500;

/** All hosts that an account may open sessions on: its own first, then by name. */
export async function reachableHosts(context: Context, userId: string): Promise<ReachableHost[]> {
  const now = context.now();
  const rows = await context.store.db
    .selectFrom("devices")
    .innerJoin("users", "users.id", "devices.user_id")
    .leftJoin("grants", (join) =>
      join
        .onRef("grants.host_id", "=", "devices.id")
        .on("grants.user_id", "=", userId)
        .on((e) => e.or([e("grants.expires_at", "is", null), e("grants.expires_at", ">", now)])),
    )
    .select([
      "devices.id",
      "devices.user_id",
      "devices.name",
      "devices.platform",
      "devices.capabilities",
      "devices.monitors",
      "devices.previews",
      "users.display_name",
      "grants.id as grant_id",
      "grants.rights",
      "grants.ask_first",
      "grants.expires_at",
    ])
    .where("devices.kind", "=", "host")
    .where((e) => e.or([e("devices.user_id", "=", userId), e("grants.id", "is not", null)]))
    .orderBy("devices.name")
    .orderBy("devices.id")
    .limit(MAX_HOSTS)
    .execute();
  const online = await onlineHosts(
    context,
    rows.map(({ id }) => id),
  );
  const hosts = rows.map((row): ReachableHost => {
    const own = row.user_id === userId;
    return {
      id: row.id,
      name: row.name,
      platform: row.platform,
      online: online.has(row.id),
      own,
      ownerName: row.display_name,
      rights: own ? [...ALL_RIGHTS] : readRights(row.rights ?? "[]"),
      askFirst: !own && row.ask_first === 1,
      expiresAt: own ? null : row.expires_at,
      grantId: own ? null : row.grant_id,
      ...toldOf(row),
      previews: row.previews === 1,
    };
  });
  return [...hosts.filter(({ own }) => own), ...hosts.filter(({ own }) => !own)];
}
