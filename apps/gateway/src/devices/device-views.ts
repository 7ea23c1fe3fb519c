import type { Capabilities, Device, Monitor } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { hostKey } from "../signaling/peer-key.ts";
import type { DeviceRow } from "../store/schema.ts";

/** A row as its owner sees it. */
export function deviceView(row: DeviceRow, online: boolean): Device {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    platform: row.platform,
    staticKey: row.static_key,
    groupId: row.group_id,
    online,
    ...toldOf(row),
    previews: row.previews === 1,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  };
}

/** What a device told of itself. */
export function toldOf(row: Pick<DeviceRow, "capabilities" | "monitors">): {
  capabilities: Capabilities;
  monitors: Monitor[];
} {
  return { capabilities: JSON.parse(row.capabilities), monitors: JSON.parse(row.monitors) };
}

/** Which of these hosts are connected; none while the other replicas cannot be asked. */
export async function onlineHosts(
  context: Context,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const places = await context.bus.presence(ids.map(hostKey)).catch(() => []);
  return new Set(ids.filter((_, index) => places[index] !== undefined));
}
