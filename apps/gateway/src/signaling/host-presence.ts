import type { HostPresence } from "@wavry/signaling";
import type { Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";

/** Notes what a host tells of itself: what lasts in the database, its addresses only as long as it is here. */
export async function noteHostPresence(
  hub: Hub,
  host: Peer,
  { capabilities, monitors, candidates }: HostPresence,
): Promise<void> {
  host.candidates = candidates;
  const told = { capabilities: JSON.stringify(capabilities), monitors: JSON.stringify(monitors) };
  await hub.context.store.db
    .updateTable("devices")
    .set(told)
    .where("id", "=", host.identity.device.id)
    .where((e) =>
      e.or([e("capabilities", "!=", told.capabilities), e("monitors", "!=", told.monitors)]),
    )
    .execute();
}
