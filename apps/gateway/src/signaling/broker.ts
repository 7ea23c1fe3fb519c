import {
  type Candidates,
  type Connect,
  type Decision,
  type Granted,
  MAX_SESSIONS,
  type NumberedClientMessage,
  type SessionEnded,
  type SessionStarted,
  type Web,
} from "@wavry/signaling";
import { authorizeAccount, authorizeLink, type OpenHost } from "../grants/authority.ts";
import { sessionEnd, signGrant } from "../grants/sign-grant.ts";
import { stunServers } from "../ice/stun-servers.ts";
import { newId } from "../keys.ts";
import { countUp, maxOf } from "../limits/limiter.ts";
import { review, tellClient } from "./cut-session.ts";
import { noteHostPresence } from "./host-presence.ts";
import type { Hub } from "./hub.ts";
import type { IncomingAnswer } from "./parcel.ts";
import type { Peer } from "./peer.ts";
import { hostKey } from "./peer-key.ts";
import { offersFor, requestRelay } from "./relay-desk.ts";
import { otherSide, type SessionNote } from "./session-note.ts";
import { endSessionRows, insertSession } from "./session-rows.ts";
import { takeReport } from "./take-report.ts";

/** How often one account or share link may ask for hosts. */
const CONNECTS = { name: "connect", max: 60, windowMillis: 60_000 };

/** Does what a device asks for. */
export function handle(hub: Hub, peer: Peer, message: NumberedClientMessage): Promise<void> {
  switch (message.type) {
    case "presence":
      return onlyFor("host", hub, peer, () => noteHostPresence(hub, peer, message));
    case "connect":
      return onlyFor("client", hub, peer, () => connect(hub, peer, message));
    case "decision":
      return onlyFor("host", hub, peer, () => forward(hub, peer, message));
    case "candidates":
    case "web":
      return forward(hub, peer, message);
    case "relay-request":
      return requestRelay(hub, peer, message);
    case "relay-report":
      return takeReport(hub, peer, message);
    case "session-started":
      return onlyFor("host", hub, peer, () => sessionStarted(hub, peer, message));
    case "session-ended":
      return sessionEnded(hub, peer, message);
  }
}

async function onlyFor(
  role: "host" | "client",
  hub: Hub,
  peer: Peer,
  task: () => Promise<void>,
): Promise<void> {
  if (peer.identity.role === role) await task();
  else hub.sendError(peer, "wrong-role", `only a ${role} may say that`);
}

async function connect(hub: Hub, client: Peer, message: Connect): Promise<void> {
  const { context } = hub;
  const { request } = message;
  const { count, retryAfterSeconds } = await countUp(context, CONNECTS, client.owner);
  if (count > maxOf(context, CONNECTS))
    return hub.sendError(client, "too-many-requests", "too many tries; wait a while", {
      request,
      retryAfterSeconds,
    });
  if (client.sessions.size >= MAX_SESSIONS)
    return hub.sendError(client, "too-many-sessions", "end a session first", { request });
  const open = await authorize(hub, client, message);
  const { device, userId } = client.identity;
  const actor = { actor: userId ?? "", address: client.connection?.address ?? "" };
  if (open === undefined) {
    hub.sendError(client, "no-grant", "there is no such host, or it is not open to you", {
      request,
    });
    await context.audit.record({
      ...actor,
      action: "screen-session.refused",
      target: message.host ?? "",
      details: { client: device.id },
    });
    return;
  }
  const note = noteFor(hub, client, open);
  const { host, authority } = open;
  const { id: session, rights, ask } = note;
  const subject = { sessionId: session, clientId: device.id, hostId: host.id, authority };
  const grant = await signGrant(context, { ...subject, name: device.name });
  const terms = { session, grant, rights: [...rights], ask };
  const offers = await offersFor(context, client, host.id);
  const stun = stunServers(context);
  const help = {
    ...(offers.length > 0 && { relays: offers }),
    ...(stun.length > 0 && { stun }),
  };
  const answer = (await hub.router.ask(hostKey(host.id), {
    kind: "incoming",
    note,
    message: {
      type: "incoming",
      client: device,
      candidates: message.candidates,
      ...terms,
      ...help,
    },
  })) as IncomingAnswer | undefined;
  if (answer === undefined)
    return hub.sendError(client, "host-offline", "the host is not connected now", { request });
  if ("refused" in answer)
    return hub.sendError(client, answer.refused, "the host has too many sessions", { request });
  if (hub.peers.get(client.key) !== client) {
    await hub.router.tell(hostKey(host.id), { kind: "cut", session, reason: "client-gone" });
    return;
  }
  const { relays: _, ...stunOnly } = help;
  const knowsRelays = answer.knowsRelays === true;
  const relays = { offered: offers.map(({ id }) => id) };
  client.sessions.set(session, { ...note, ...(knowsRelays && { relays }) });
  const { static_key: staticKey, certificate, name } = host;
  const granted: Omit<Granted, "seq"> = {
    type: "granted",
    request,
    host: { id: host.id, staticKey, certificate, name },
    candidates: [...answer.candidates],
    ...terms,
    ...(knowsRelays ? help : stunOnly),
  };
  hub.send(client, granted);
  await context.audit.record({
    ...actor,
    action: "screen-session.granted",
    target: host.id,
    details: { session, client: device.id, rights: rights.join(" "), ask },
  });
}

function authorize(hub: Hub, client: Peer, message: Connect): Promise<OpenHost | undefined> {
  const { userId, shareLinkId, device } = client.identity;
  const { host, share } = message;
  const { context } = hub;
  if (host !== undefined && share !== undefined) return Promise.resolve(undefined);
  if (share !== undefined) return authorizeLink(context, { token: share }, device.id);
  if (shareLinkId !== null && host === undefined)
    return authorizeLink(context, { id: shareLinkId }, device.id);
  if (userId !== null && host !== undefined) return authorizeAccount(context, userId, host);
  return Promise.resolve(undefined);
}

function noteFor(hub: Hub, client: Peer, { host, authority }: OpenHost): SessionNote {
  const { device, instance, userId, signInId } = client.identity;
  return {
    id: newId(),
    hostId: host.id,
    clientId: device.id,
    clientInstance: instance,
    userId,
    signInId,
    grantId: authority.grantId,
    shareLinkId: authority.shareLinkId,
    rights: authority.rights,
    ask: authority.ask,
    endsAt: sessionEnd(hub.context, authority),
    started: false,
    pendingBeats: 0,
  };
}

async function forward(hub: Hub, peer: Peer, message: Candidates | Web | Decision): Promise<void> {
  const session = peer.sessions.get(message.session);
  if (session === undefined) return noSession(hub, peer, message);
  const { seq: _, ...unnumbered } = message;
  const there = await hub.router.tell(otherSide(session, peer.identity.role), {
    kind: "message",
    message: unnumbered,
  });
  if (!there)
    hub.sendError(peer, "peer-offline", "the other side is not connected now", {
      session: session.id,
    });
}

async function sessionStarted(hub: Hub, host: Peer, message: SessionStarted): Promise<void> {
  const session = host.sessions.get(message.session);
  if (session === undefined) {
    // What the gateway does not know of it cannot end when it must.
    hub.send(host, { type: "end-session", session: message.session, reason: "no-session" });
    return;
  }
  if (session.started) return;
  session.started = true;
  await insertSession(hub.context, session);
  await hub.router
    .tell(otherSide(session, "host"), { kind: "started", session: session.id })
    .catch(() => {});
  // A grant may have been taken back while its session was on its way here.
  await review(hub, host, session);
}

async function sessionEnded(hub: Hub, peer: Peer, message: SessionEnded): Promise<void> {
  const session = peer.sessions.get(message.session);
  // Both sides may have ended it at the same time.
  if (session === undefined) return;
  if (peer.identity.role === "client") {
    peer.sessions.delete(session.id);
    const parcel = { kind: "cut", session: session.id, reason: "client-ended" } as const;
    await hub.router.tell(otherSide(session, "client"), parcel);
    return;
  }
  peer.sessions.delete(session.id);
  await Promise.all([
    session.started ? endSessionRows(hub.context, [session.id], message.reason) : undefined,
    tellClient(hub, session, message.reason),
  ]);
}

/** Ends what a peer that does not come back leaves behind. */
export async function leaveSessions(hub: Hub, peer: Peer, hostGone: string): Promise<void> {
  const sessions = [...peer.sessions.values()];
  peer.sessions.clear();
  if (peer.identity.role === "host") {
    const started = sessions.filter(({ started }) => started).map(({ id }) => id);
    await endSessionRows(hub.context, started, hostGone);
    // Sessions that run need no gateway; those that are about to begin do.
    for (const session of sessions)
      if (!session.started) await tellClient(hub, session, "host-gone");
    return;
  }
  for (const session of sessions)
    if (!session.started) {
      const parcel = { kind: "cut", session: session.id, reason: "client-gone" } as const;
      await hub.router.tell(otherSide(session, "client"), parcel).catch(() => {});
    }
}

function noSession(hub: Hub, peer: Peer, about: { session: string; request?: string }): void {
  const { session, request } = about;
  hub.sendError(peer, "no-session", "there is no such session of yours", {
    session,
    ...(request !== undefined && { request }),
  });
}
