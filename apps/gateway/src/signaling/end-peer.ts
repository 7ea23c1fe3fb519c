import type { Context } from "../context.ts";
import { leaveSessions } from "./broker.ts";
import { cutSession } from "./cut-session.ts";
import { tellHostChanged } from "./host-presence.ts";
import type { Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";
import { HOST_GONE } from "./session-rows.ts";

/** `last_seen_at` is written at most so often. */
const SEEN_EVERY_MS = 60_000;

/** Why a peer must go, for it and for the other sides of its sessions. */
export interface PeerEnd {
  readonly code: number;
  readonly reason: string;
}

/** Ends a peer that may not be here any more: its sessions first, if it is a host. */
export async function endPeer(hub: Hub, peer: Peer, { code, reason }: PeerEnd): Promise<void> {
  // All is sent in this turn: the host hears of the sessions' ends before its connection closes.
  const cuts =
    peer.identity.role === "host"
      ? [...peer.sessions.values()].map((session) => cutSession(hub, peer, session, reason))
      : [];
  const known = hub.forget(peer, code, reason);
  await Promise.all(cuts);
  if (!known) return;
  await leaveSessions(hub, peer, reason);
  await tellHostChanged(hub.context, peer);
}

/** Gives up a peer that went away and did not come back. */
export async function losePeer(hub: Hub, peer: Peer, code: number): Promise<void> {
  if (!hub.forget(peer, code, "gone")) return;
  noteSeen(hub.context, peer);
  await leaveSessions(hub, peer, HOST_GONE);
  await tellHostChanged(hub.context, peer);
}

/** Notes when a device was here. Never fails: nobody need wait. */
export function noteSeen(context: Context, peer: Peer): void {
  if (peer.identity.userId === null) return;
  const now = context.now();
  context.afterwards.run("note a device's presence", () =>
    context.store.db
      .updateTable("devices")
      .set({ last_seen_at: now })
      .where("id", "=", peer.identity.device.id)
      .where((e) =>
        e.or([e("last_seen_at", "is", null), e("last_seen_at", "<", now - SEEN_EVERY_MS)]),
      )
      .execute(),
  );
}
