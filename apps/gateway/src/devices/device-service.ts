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

/** Renames a device or moves it to another group. Throws 404 "no-device", 404 "no-group". */
export async function changeDevice(
  context: Context,
  userId: string,
  id: string,
  change: DeviceChange,
): Promise<Device> {
  const { name, groupId } = change;
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
    return (
      db
        .updateTable("devices")
        // Something must be set for the statement to be one.
        .set((e) => ({ id: e.ref("id"), ...(name !== undefined && { name }) }))
        .$if(groupId !== undefined, (query) => query.set({ group_id: groupId ?? null }))
        .where("id", "=", id)
        .where("user_id", "=", userId)
        .returningAll()
        .executeTakeFirst()
    );
  });
  if (row === undefined) throw noDevice();
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
