import type { Device, DeviceChange } from "@wavry/signaling";
import { tellNews } from "../bus/news.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { deviceView, onlineHosts } from "./device-views.ts";

/** All devices of an account, by name. */
export async function listDevices(context: Context, userId: string): Promise<Device[]> {
  const rows = await context.store.db
    .selectFrom("devices")
    .selectAll()
    .where("user_id", "=", userId)
    .orderBy("name")
    .orderBy("id")
    .execute();
  const online = await onlineHosts(
    context,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => deviceView(row, online.has(row.id)));
}

/**
 * Renames a device, moves it to another group, or says whether browsers may keep pictures of its screen; who watches hosts
 * hears of it. Throws 404 "no-device", 404 "no-group", 400 "no-screen" for pictures of what is no host.
 */
export async function changeDevice(
  context: Context,
  userId: string,
  id: string,
  change: DeviceChange,
): Promise<Device> {
  const { name, groupId, previews } = change;
  const row = await context.store.db.transaction().execute(async (db) => {
    if (typeof groupId === "string") {
      const group = await db
        .selectFrom("device_groups")
        .select("id")
        .where("id", "=", groupId)
        .where("user_id", "=", userId)
        .executeTakeFirst();
      if (group === undefined) throw noGroup();
    }
    const changed = await db
      .updateTable("devices")
      // Something must be set for the statement to be one.
      .set((e) => ({
        id: e.ref("id"),
        ...(name !== undefined && { name }),
        ...(previews !== undefined && { previews: previews ? 1 : 0 }),
      }))
      .$if(groupId !== undefined, (query) => query.set({ group_id: groupId ?? null }))
      .where("id", "=", id)
      .where("user_id", "=", userId)
      .returningAll()
      .executeTakeFirst();
    if (changed !== undefined && changed.kind !== "host" && previews !== undefined)
      throw new ApiError(400, "no-screen", "this device shares no screen");
    return changed;
  });
  if (row === undefined) throw noDevice();
  if (row.kind === "host") await tellNews(context.bus, { type: "host-changed", hostId: id });
  return deviceView(row, (await onlineHosts(context, [id])).has(id));
}

/** Takes a device out of its account: its grants and links go, its connections and sessions end. Throws 404 "no-device". */
export async function removeDevice(context: Context, userId: string, id: string): Promise<void> {
  const removed = await context.store.db.transaction().execute(async (db) => {
    const row = await db
      .deleteFrom("devices")
      .where("id", "=", id)
      .where("user_id", "=", userId)
      .returning("id")
      .executeTakeFirst();
    if (row !== undefined)
      await db
        .updateTable("screen_sessions")
        .set({ ended_at: context.now(), end_reason: "device-removed" })
        .where("ended_at", "is", null)
        .where((e) => e.or([e("host_id", "=", id), e("client_id", "=", id)]))
        .execute();
    return row;
  });
  if (removed === undefined) throw noDevice();
  await tellNews(context.bus, { type: "device-removed", deviceId: id });
}

/** The answer for devices that are not there and for those of others alike. */
export function noDevice(): ApiError {
  return new ApiError(404, "no-device", "you have no such device");
}

/** The answer for groups that are not there and for those of others alike. */
export function noGroup(): ApiError {
  return new ApiError(404, "no-group", "you have no such group");
}
