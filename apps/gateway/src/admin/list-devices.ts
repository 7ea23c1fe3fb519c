import type { AdminDevice, AdminDevicePage, AdminDeviceQuery } from "@wavry/signaling";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { onlineHosts } from "../devices/device-views.ts";
import { type Keyset, keysetPage } from "./keyset-page.ts";
import { contains } from "./search.ts";

const SORTS = {
  created: { sort: sql<number>`devices.created_at`, type: "number", order: "desc" },
  seen: { sort: sql<number>`coalesce(devices.last_seen_at, 0)`, type: "number", order: "desc" },
  name: { sort: sql<string>`devices.name`, type: "text", order: "asc" },
} as const;

/** Devices of all accounts, or of one. */
export async function listDevices(
  context: Context,
  wish: AdminDeviceQuery,
): Promise<AdminDevicePage> {
  let query = context.store.db
    .selectFrom("devices")
    .innerJoin("users", "users.id", "devices.user_id")
    .select([
      "devices.id",
      "devices.kind",
      "devices.name",
      "devices.platform",
      "devices.created_at",
      "devices.last_seen_at",
      "devices.user_id",
      "users.username",
    ]);
  if (wish.search !== undefined)
    query = query.where(
      contains(
        ["devices.name", "devices.platform", "devices.id", "users.username", "users.email"],
        wish.search,
      ),
    );
  if (wish.kind !== undefined) query = query.where("devices.kind", "=", wish.kind);
  if (wish.userId !== undefined) query = query.where("devices.user_id", "=", wish.userId);
  const { rows, nextCursor } = await keysetPage(query, orderOf(wish), wish);
  const hosts = rows.filter(({ kind }) => kind === "host").map(({ id }) => id);
  const online = await onlineHosts(context, hosts);
  const items: AdminDevice[] = rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    name: row.name,
    platform: row.platform,
    owner: { id: row.user_id, username: row.username },
    online: online.has(row.id),
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  }));
  return { items, nextCursor };
}

function orderOf({ sort = "created", order }: AdminDeviceQuery): Keyset {
  const known = SORTS[sort];
  return {
    ...{ name: `devices ${sort}`, ...known, id: sql<string>`devices.id` },
    order: order ?? known.order,
  };
}
