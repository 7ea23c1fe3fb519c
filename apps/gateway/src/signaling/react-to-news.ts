import { CloseCode } from "@wavry/signaling";
import type { News } from "../bus/news.ts";
import { cutSession, review } from "./cut-session.ts";
import { endPeer, type PeerEnd } from "./end-peer.ts";
import type { Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";
import { hostKey } from "./peer-key.ts";
import type { SessionNote } from "./session-note.ts";

const CODE = /^[a-z][a-z0-9-]{0,39}$/;

/** Ends at once what some news leaves no ground to stand on. Each session is ended by the replica of its host. */
export async function reactToNews(hub: Hub, news: News): Promise<void> {
  switch (news.type) {
    case "session-ended":
      return end(
        hub,
        { code: CloseCode.signedOut, reason: "signed-out" },
        {
          peer: ({ identity }) => identity.signInId === news.sessionId,
          session: ({ signInId }) => signInId === news.sessionId,
        },
      );
    case "account-ended":
      return end(
        hub,
        { code: CloseCode.forbidden, reason: `account-${news.reason}` },
        {
          peer: ({ identity }) => identity.userId === news.userId,
          session: ({ userId }) => userId === news.userId,
        },
      );
    case "device-removed":
      return end(
        hub,
        { code: CloseCode.removed, reason: "device-removed" },
        {
          peer: ({ identity }) => identity.device.id === news.deviceId && identity.userId !== null,
          session: ({ clientId, userId }) => clientId === news.deviceId && userId !== null,
        },
      );
    // Pages hear of it (grants/live-hosts.ts).
    case "host-changed":
      return;
    case "share-link-ended":
      return end(
        hub,
        { code: CloseCode.removed, reason: "share-link-ended" },
        {
          peer: ({ identity }) => identity.shareLinkId === news.shareLinkId,
          session: ({ shareLinkId }) => shareLinkId === news.shareLinkId,
        },
      );
    case "screen-session-ended":
      return end(
        hub,
        { code: CloseCode.done, reason: CODE.test(news.reason) ? news.reason : "ended" },
        { peer: () => false, session: ({ id }) => id === news.screenSessionId },
      );
    case "grant-changed": {
      const host = hub.peers.get(hostKey(news.hostId));
      const sessions = [...(host?.sessions.values() ?? [])];
      for (const session of sessions)
        if (session.userId === news.userId && host !== undefined) await review(hub, host, session);
    }
  }
}

/** Which peers and which sessions must end. */
interface Ended {
  readonly peer: (peer: Peer) => boolean;
  readonly session: (session: SessionNote) => boolean;
}

async function end(hub: Hub, why: PeerEnd, ended: Ended): Promise<void> {
  const done: Promise<void>[] = [];
  for (const peer of [...hub.peers.values()]) {
    if (peer.identity.role === "host")
      for (const session of [...peer.sessions.values()])
        if (ended.session(session)) done.push(cutSession(hub, peer, session, why.reason));
    if (ended.peer(peer)) done.push(endPeer(hub, peer, why));
  }
  await Promise.all(done);
}
