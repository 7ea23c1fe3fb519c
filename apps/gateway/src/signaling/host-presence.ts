import type { HostPresence } from "@wavry/signaling";
import { tellNews } from "../bus/news.ts";
import type { Context } from "../context.ts";
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
  await tellHostChanged(hub.context, host);
}

/** Tells who watches that a host came, went or changed. Never fails: they look again by themselves. */
export async function tellHostChanged({ bus, log }: Context, host: Peer): Promise<void> {
  if (host.identity.role !== "host") return;
  try {
    await tellNews(bus, { type: "host-changed", hostId: host.identity.device.id });
  } catch (error) {
    log.debug({ err: error }, "could not tell that a host changed");
  }
}
