import { CloseCode, MAX_SESSIONS } from "@wavry/signaling";
import { sameSecret } from "../keys.ts";
import { cutSession } from "./cut-session.ts";
import { knowsRelays } from "./for-protocol.ts";
import type { Hub } from "./hub.ts";
import type { IncomingAnswer, Parcel, TakeAnswer } from "./parcel.ts";
import type { Peer } from "./peer.ts";
import { hostMeasured, wishOfHost } from "./relay-desk.ts";

/** Takes a parcel for a peer of this replica; undefined if there is no such peer, else the answer. */
export function receiveParcel(hub: Hub, key: string, parcel: Parcel): Promise<unknown> | undefined {
  const peer = hub.peers.get(key);
  if (peer === undefined)
    // Whoever asks for it need not wait.
    return parcel.kind === "take" ? Promise.resolve(null) : undefined;
  return open(hub, peer, parcel);
}

async function open(hub: Hub, peer: Peer, parcel: Parcel): Promise<unknown> {
  switch (parcel.kind) {
    case "message":
      if (peer.sessions.has(parcel.message.session)) hub.send(peer, parcel.message);
      return true;
    case "incoming":
      return takeIncoming(hub, peer, parcel);
    case "started": {
      const session = peer.sessions.get(parcel.session);
      if (session !== undefined) session.started = true;
      return true;
    }
    case "rights": {
      const session = peer.sessions.get(parcel.session);
      if (session === undefined) return true;
      session.rights = parcel.rights;
      const rights = [...parcel.rights];
      hub.send(peer, { type: "rights-changed", session: session.id, rights });
      return true;
    }
    case "ended": {
      const { session, reason } = parcel;
      if (peer.sessions.delete(session)) hub.send(peer, { type: "session-ended", session, reason });
      return true;
    }
    case "cut": {
      const session = peer.sessions.get(parcel.session);
      if (session !== undefined) await cutSession(hub, peer, session, parcel.reason);
      return true;
    }
    case "relay-measured":
      hostMeasured(hub, peer, parcel);
      return true;
    case "relay-wish":
      return wishOfHost(hub, peer, parcel);
    case "take":
      return giveAway(hub, peer, parcel);
    case "replaced":
      if (peer.connectionId !== parcel.connectionId)
        hub.forget(peer, CloseCode.replaced, "replaced");
      return true;
  }
}

function takeIncoming(
  hub: Hub,
  host: Peer,
  { note, message }: Extract<Parcel, { kind: "incoming" }>,
): IncomingAnswer {
  if (host.sessions.size >= MAX_SESSIONS) return { refused: "too-many-sessions" };
  host.sessions.set(note.id, { ...note });
  hub.send(host, message);
  return { candidates: host.candidates, knowsRelays: knowsRelays(host) };
}

function giveAway(
  hub: Hub,
  peer: Peer,
  { resumeHash, owner }: Extract<Parcel, { kind: "take" }>,
): TakeAnswer {
  if (!sameSecret(resumeHash, peer.resumeHash) || owner !== peer.owner) return null;
  const saved = peer.save();
  hub.forget(peer, CloseCode.replaced, "replaced");
  return saved;
}
