import type { Right } from "@wavry/signaling";
import { reviewSession } from "../grants/authority.ts";
import type { Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";
import { otherSide, type SessionNote } from "./session-note.ts";
import { endSessionRows, keepSessionRow, reviewed } from "./session-rows.ts";

/** Ends a session from the gateway's side: the host is told first, then the client, then the books. */
export async function cutSession(
  hub: Hub,
  host: Peer,
  session: SessionNote,
  reason: string,
): Promise<void> {
  if (!host.sessions.delete(session.id)) return;
  hub.send(host, { type: "end-session", session: session.id, reason });
  await Promise.all([
    session.started ? endSessionRows(hub.context, [session.id], reason) : undefined,
    tellClient(hub, session, reason),
  ]);
}

/** Tells the client of a session that it is over. */
export async function tellClient(hub: Hub, session: SessionNote, reason: string): Promise<void> {
  const parcel = { kind: "ended", session: session.id, reason } as const;
  // A client that cannot be told now sees the stream end.
  await hub.router.tell(otherSide(session, "host"), parcel).catch(() => {});
}

/** Looks anew at a session of a host: ends it, or takes rights away, where it is no longer allowed as it was. */
export async function review(hub: Hub, host: Peer, session: SessionNote): Promise<void> {
  const found = await reviewSession(hub.context, reviewed(session));
  if (host.sessions.get(session.id) !== session) return;
  if ("ended" in found) return cutSession(hub, host, session, found.ended);
  const { authority } = found;
  const rights = session.rights.filter((right) => authority.rights.includes(right));
  if (rights.length === 0) return cutSession(hub, host, session, "grant-ended");
  const changed = rights.length !== session.rights.length;
  // What was announced is not shown yet: the client asks again, and gets what holds now.
  if (!session.started && (changed || (authority.ask && !session.ask)))
    return cutSession(hub, host, session, "grant-changed");
  session.endsAt = Math.min(session.endsAt, authority.endsAt ?? Number.POSITIVE_INFINITY);
  if (session.endsAt <= hub.context.now()) return cutSession(hub, host, session, "expired");
  if (changed) await cutDown(hub, host, session, rights);
}

async function cutDown(
  hub: Hub,
  host: Peer,
  session: SessionNote,
  rights: readonly Right[],
): Promise<void> {
  session.rights = rights;
  hub.send(host, { type: "rights-changed", session: session.id, rights: [...rights] });
  const parcel = { kind: "rights", session: session.id, rights } as const;
  await Promise.all([
    keepSessionRow(hub.context, session.id, rights),
    hub.router.tell(otherSide(session, "host"), parcel).catch(() => {}),
  ]);
}
