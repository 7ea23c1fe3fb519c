import type { DeviceGroup } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { newId } from "../keys.ts";
import { noGroup } from "./device-service.ts";

const MAX_GROUPS = 50;

/** All groups of an account, by name. */
export async function listGroups(context: Context, userId: string): Promise<DeviceGroup[]> {
  return context.store.db
    .selectFrom("device_groups")
    .select(["id", "name"])
    .where("user_id", "=", userId)
    .orderBy("name")
    .orderBy("id")
    .execute();
}

/** Makes a group. Throws 409 "too-many-groups". */
export async function createGroup(
  context: Context,
  userId: string,
  name: string,
): Promise<DeviceGroup> {
  const group = { id: newId(), name };
  await context.store.db.transaction().execute(async (db) => {
    const { count } = await db
      .selectFrom("device_groups")
      .select((e) => e.fn.countAll<number | string>().as("count"))
      .where("user_id", "=", userId)
      .executeTakeFirstOrThrow();
    if (Number(count) >= MAX_GROUPS)
      throw new ApiError(409, "too-many-groups", "remove a group first");
    await db
      .insertInto("device_groups")
      .values({ ...group, user_id: userId })
      .execute();
  });
  return group;
}

/** Throws 404 "no-group". */
export async function renameGroup(
  context: Context,
  userId: string,
  group: DeviceGroup,
): Promise<DeviceGroup> {
  const row = await context.store.db
    .updateTable("device_groups")
    .set({ name: group.name })
    .where("id", "=", group.id)
    .where("user_id", "=", userId)
    .returning(["id", "name"])
    .executeTakeFirst();
  if (row === undefined) throw noGroup();
  return row;
}

/** Removes a group; its devices stay. Throws 404 "no-group". */
export async function removeGroup(context: Context, userId: string, id: string): Promise<void> {
  const row = await context.store.db
    .deleteFrom("device_groups")
    .where("id", "=", id)
    .where("user_id", "=", userId)
    .returning("id")
    .executeTakeFirst();
  if (row === undefined) throw noGroup();
}
