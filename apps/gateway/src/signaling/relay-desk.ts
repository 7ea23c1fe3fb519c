import type { RelayMeasurement, RelayOffer, RelayRequest } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { countUp, maxOf } from "../limits/limiter.ts";
import { offerRelays, pickRelay, type RelayAnswer } from "../relays/pick-relay.ts";
import { countRelayAnswer } from "../relays/relay-metrics.ts";
import { knowsRelays } from "./for-protocol.ts";
import type { Hub } from "./hub.ts";
import type { Parcel } from "./parcel.ts";
import type { Peer } from "./peer.ts";
import { run } from "./run.ts";
import { otherSide, type SessionNote } from "./session-note.ts";

/** How often the sides of one session may ask. */
const REQUESTS = { name: "relay-request", max: 30, windowMillis: 60_000 };
/** How long a client's request waits for what its host measures. */
export const MEASURE_WAIT_MS = 300;

/** Requests that wait for the host's measurements. */
const waiting = new WeakMap<SessionNote, { readonly answer: () => void }>();

/** Relays for a session that is about to begin; none where the client does not know what they are, or they cannot be read now. */
export async function offersFor(
  context: Context,
  client: Peer,
  hostId: string,
): Promise<RelayOffer[]> {
  if (!knowsRelays(client)) return [];
  return offerRelays(context, hostId).catch((error: unknown) => {
    // A session may well do without.
    context.log.warn({ err: error }, "relays cannot be offered");
    return [];
  });
}

/** Answers a relay-request by `relay` to both sides, or by an error. */
export async function requestRelay(hub: Hub, peer: Peer, message: RelayRequest): Promise<void> {
  const { request, session } = message;
  const note = peer.sessions.get(session);
  if (note === undefined)
    return hub.sendError(peer, "no-session", "there is no such session of yours", {
      ...{ session, request },
    });
  const { count, retryAfterSeconds } = await countUp(hub.context, REQUESTS, session);
  if (count > maxOf(hub.context, REQUESTS))
    return hub.sendError(peer, "too-many-requests", "too many requests; wait a while", {
      ...{ session, request, retryAfterSeconds },
    });
  if (peer.identity.role === "client") await requestOfClient(hub, peer, { note, message });
  else await requestOfHost(hub, peer, { note, message });
}

/** An empty list takes nothing back. */
function isTold(
  measured: readonly RelayMeasurement[] | undefined,
): measured is readonly RelayMeasurement[] {
  return measured !== undefined && measured.length > 0;
}

interface Asked {
  readonly note: SessionNote;
  readonly message: RelayRequest;
}

async function requestOfClient(hub: Hub, client: Peer, { note, message }: Asked): Promise<void> {
  if (note.relays !== undefined && isTold(message.measured)) note.relays.client = message.measured;
  const isFirst = message.renew === undefined && (message.avoid?.length ?? 0) === 0;
  if (!isFirst || note.relays === undefined || note.relays.host !== undefined)
    return answerClient(hub, client, { note, message });
  if (waiting.has(note))
    return hub.sendError(client, "too-many-requests", "the request before is not answered yet", {
      ...{ session: note.id, request: message.request, retryAfterSeconds: 1 },
    });
  // Not in the client's turn: what it says next must not wait.
  const answer = () => {
    clearTimeout(timer);
    if (!waiting.delete(note) || hub.peers.get(client.key) !== client) return;
    run(hub, client, () => answerClient(hub, client, { note, message }), {
      ...{ request: message.request, session: note.id },
    });
  };
  const timer = setTimeout(answer, MEASURE_WAIT_MS);
  timer.unref();
  waiting.set(note, { answer });
}

async function answerClient(hub: Hub, client: Peer, { note, message }: Asked): Promise<void> {
  const { request, session } = message;
  if (client.sessions.get(session) !== note)
    return hub.sendError(client, "no-session", "this session is over", { session, request });
  const answer = await pickRelay(hub.context, note, message);
  tell(hub, client, { answer, message });
  if ("lease" in answer && !answer.isRepeated) await tellOther(hub, "client", { note, answer });
}

async function requestOfHost(hub: Hub, host: Peer, { note, message }: Asked): Promise<void> {
  const { session, measured, renew, avoid } = message;
  const client = otherSide(note, "host");
  if (isTold(measured))
    await hub.router.tell(client, { kind: "relay-measured", session, measured });
  if (renew === undefined && (avoid?.length ?? 0) === 0) return;
  const wish = { ...(renew && { renew }), ...(avoid !== undefined && { avoid }) };
  // Chosen where the client is, one after another: both sides may ask at once. Without a client it is this side's alone.
  const answer =
    ((await hub.router.ask(client, { kind: "relay-wish", session, wish })) as
      | RelayAnswer
      | undefined) ?? (await pickRelay(hub.context, note, wish));
  tell(hub, host, { answer, message });
}

/** A client's host told what it measured. */
export function hostMeasured(
  _hub: Hub,
  client: Peer,
  { session, measured }: Extract<Parcel, { kind: "relay-measured" }>,
): void {
  const note = client.sessions.get(session);
  if (note?.relays === undefined) return;
  note.relays.host = measured;
  waiting.get(note)?.answer();
}

/** A client's host wants a lease: the client is told, the host by its own replica. */
export function wishOfHost(
  hub: Hub,
  client: Peer,
  { session, wish }: Extract<Parcel, { kind: "relay-wish" }>,
): Promise<RelayAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RelayAnswer>();
  const queued = client.enqueue(async () => {
    try {
      const note = client.sessions.get(session);
      if (note === undefined)
        return resolve({ refused: "no-session", message: "this session is over" });
      const answer = await pickRelay(hub.context, note, wish);
      if ("lease" in answer && !answer.isRepeated) {
        const { relay, lease } = answer;
        hub.send(client, { type: "relay", session, relay, lease });
      }
      resolve(answer);
    } catch (error) {
      reject(error as Error);
    }
  });
  if (!queued) resolve({ refused: "too-many-requests", message: "too much waits; try again" });
  return promise;
}

function tell(
  hub: Hub,
  peer: Peer,
  { answer, message }: { readonly answer: RelayAnswer; readonly message: RelayRequest },
): void {
  const { request, session } = message;
  countRelayAnswer(hub.context, "lease" in answer ? "leased" : answer.refused);
  if ("refused" in answer)
    hub.sendError(peer, answer.refused, answer.message, { request, session });
  else {
    const { relay, lease } = answer;
    hub.send(peer, { type: "relay", session, relay, lease, request });
  }
}

async function tellOther(
  hub: Hub,
  role: "client" | "host",
  about: { readonly note: SessionNote; readonly answer: Extract<RelayAnswer, { lease: string }> },
): Promise<void> {
  const { id: session } = about.note;
  const { relay, lease } = about.answer;
  await hub.router
    .tell(otherSide(about.note, role), {
      kind: "message",
      message: { type: "relay", session, relay, lease },
    })
    .catch(() => {});
}
