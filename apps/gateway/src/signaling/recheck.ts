import { CloseCode } from "@wavry/signaling";
import { findShareLink } from "../grants/share-links.ts";
import { isShutOut, slide } from "../sessions/session-service.ts";
import { review } from "./cut-session.ts";
import { endPeer, noteSeen, type PeerEnd } from "./end-peer.ts";
import type { Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";

/** Looks into the database whether a peer and its sessions may still be what they are, and ends what may not. */
export async function recheck(hub: Hub, peer: Peer): Promise<void> {
  const end = await reasonToEnd(hub, peer);
  if (end !== undefined) return endPeer(hub, peer, end);
  noteSeen(hub.context, peer);
  if (peer.identity.role !== "host") return;
  for (const session of [...peer.sessions.values()]) await review(hub, peer, session);
}

async function reasonToEnd({ context }: Hub, peer: Peer): Promise<PeerEnd | undefined> {
  const { signInId, userId, shareLinkId, device, role } = peer.identity;
  const { db } = context.store;
  if (shareLinkId !== null) {
    const link = await findShareLink(context, { id: shareLinkId });
    return link === undefined ? { code: CloseCode.removed, reason: "share-link-ended" } : undefined;
  }
  if (userId === null || signInId === null)
    throw new Error("a peer is neither a guest's nor an account's");
  const session = await db
    .selectFrom("sessions")
    .selectAll()
    .where("id", "=", signInId)
    .where("expires_at", ">", context.now())
    .executeTakeFirst();
  if (session === undefined) return { code: CloseCode.signedOut, reason: "signed-out" };
  slide(context, session, peer.connection?.address ?? session.address);
  const user = await db.selectFrom("users").selectAll().where("id", "=", userId).executeTakeFirst();
  if (user === undefined || isShutOut(user, context.now()))
    return { code: CloseCode.forbidden, reason: "account-ended" };
  const enrolled = await db
    .selectFrom("devices")
    .select("kind")
    .where("id", "=", device.id)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return enrolled === undefined || (role === "host" && enrolled.kind !== "host")
    ? { code: CloseCode.removed, reason: "device-removed" }
    : undefined;
}
