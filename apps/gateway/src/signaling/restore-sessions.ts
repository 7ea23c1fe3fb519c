import { reviewSession } from "../grants/authority.ts";
import { review, tellClient } from "./cut-session.ts";
import type { Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";
import { endSessionRows, HOST_GONE, keepSessionRow, noteOf, reviewed } from "./session-rows.ts";

const MAX_ROWS = 256;

/**
 * Takes up the sessions that a device says still run, after a connection that did not resume. A host is told to end those
 * that may not run any more; those that it does not name are over.
 */
export function restoreSessions(hub: Hub, peer: Peer, running: readonly string[]): Promise<void> {
  return peer.identity.role === "host"
    ? restoreHost(hub, peer, running)
    : restoreClient(hub, peer, running);
}

async function restoreHost(hub: Hub, host: Peer, running: readonly string[]): Promise<void> {
  const { context } = hub;
  const rows = await context.store.db
    .selectFrom("screen_sessions")
    .selectAll()
    .where("host_id", "=", host.identity.device.id)
    .where((e) => {
      const live = e("ended_at", "is", null);
      if (running.length === 0) return live;
      return e.or([live, e.and([e("id", "in", running), e("end_reason", "=", HOST_GONE)])]);
    })
    .orderBy("started_at", "desc")
    .limit(MAX_ROWS)
    .execute();
  const known = new Map(rows.map((row) => [row.id, row]));
  const lost = rows.filter(({ id }) => !running.includes(id));
  await endSessionRows(
    context,
    lost.map(({ id }) => id),
    "lost",
  );
  // A client that was back before the host believes that they run.
  await Promise.all(lost.map((row) => tellClient(hub, noteOf(row), HOST_GONE)));
  for (const id of new Set(running)) {
    const row = known.get(id);
    if (row === undefined) {
      hub.send(host, { type: "end-session", session: id, reason: "no-session" });
      continue;
    }
    const note = noteOf(row);
    host.sessions.set(id, note);
    const found = await reviewSession(context, reviewed(note));
    if ("authority" in found) await keepSessionRow(context, id, note.rights);
    await review(hub, host, note);
  }
}

async function restoreClient(hub: Hub, client: Peer, running: readonly string[]): Promise<void> {
  if (running.length === 0) return;
  const rows = await hub.context.store.db
    .selectFrom("screen_sessions")
    .selectAll()
    .where("id", "in", running)
    .where("client_id", "=", client.identity.device.id)
    .where("client_instance", "=", client.identity.instance)
    .where("ended_at", "is", null)
    .execute();
  for (const row of rows) client.sessions.set(row.id, noteOf(row));
}
