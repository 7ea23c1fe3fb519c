import { CloseCode, type Hello, PING_SECONDS } from "@wavry/signaling";
import { newToken, tokenHash } from "../keys.ts";
import { identify } from "./bind.ts";
import type { Connection } from "./connection.ts";
import { noteSeen } from "./end-peer.ts";
import type { Hub } from "./hub.ts";
import type { TakeAnswer } from "./parcel.ts";
import { Peer, type SavedPeer } from "./peer.ts";
import { receiveParcel } from "./receive-parcel.ts";
import { recheck } from "./recheck.ts";
import { restoreSessions } from "./restore-sessions.ts";
import { run } from "./run.ts";

/** How long another replica may take to hand a device over; one that is dead never does. */
const TAKE_MS = 1_000;
/** The replica that gave it, and a secret. */
const RESUME_TOKEN = /^([A-Za-z0-9_-]{22})\.[A-Za-z0-9_-]{43}$/;

/** Lets a device in that said hello, or closes its connection. */
export async function welcome(hub: Hub, connection: Connection, hello: Hello): Promise<void> {
  const { context } = hub;
  const identity = await identify(context, connection, hello);
  connection.caller = undefined;
  if ("code" in identity) return connection.close(identity.code, identity.reason);
  const peer = new Peer(identity);
  const saved = await takeOver(hub, peer, hello);
  if (saved !== undefined) peer.restore(saved);
  else if (context.bus.healthy)
    await hub.router
      .tellElsewhere(peer.key, { kind: "replaced", connectionId: connection.id })
      .catch(() => {});
  if (connection.closed || connection.closedWith !== undefined) return;
  if (
    !peer.outbox.acknowledge(
      hello.resume === undefined || saved === undefined ? 0 : hello.resume.received,
    )
  )
    return connection.close(CloseCode.badMessage, "wrong-number");
  if (!hub.add(peer)) return connection.close(CloseCode.tooMany, "too-many-connections");
  const resume = `${context.replica}.${newToken()}`;
  peer.resumeHash = tokenHash(resume);
  await hub.attach(peer, connection, {
    resume,
    resumed: saved !== undefined,
    received: peer.received,
    pingSeconds: PING_SECONDS,
  });
  noteSeen(context, peer);
  if (saved === undefined) run(hub, peer, () => restoreSessions(hub, peer, hello.sessions));
  // What was told while the device was on its way here was not heard.
  run(hub, peer, () => recheck(hub, peer));
}

/** What the connection before left, from whichever replica has it; undefined where it is gone. */
async function takeOver(hub: Hub, peer: Peer, { resume }: Hello): Promise<SavedPeer | undefined> {
  const replica = RESUME_TOKEN.exec(resume?.token ?? "")?.[1];
  if (resume === undefined || replica === undefined) return undefined;
  const parcel = { kind: "take", resumeHash: tokenHash(resume.token), owner: peer.owner } as const;
  const { context, router } = hub;
  let answer: unknown;
  if (replica === context.replica) answer = await receiveParcel(hub, peer.key, parcel);
  // A gateway that is alone has no other replicas, only an earlier start of its own.
  else if (context.bus.kind !== "memory")
    answer = await router.askReplica(replica, peer.key, parcel, TAKE_MS).catch(() => undefined);
  return (answer as TakeAnswer | undefined) ?? undefined;
}
