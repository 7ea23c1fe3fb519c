import type { RelayOffer, SocketErrorCode } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { reviewSession } from "../grants/authority.ts";
import type { SessionNote } from "../signaling/session-note.ts";
import { reviewed } from "../signaling/session-rows.ts";
import { chooseOffers } from "./choose-offers.ts";
import { chooseRelay } from "./choose-relay.ts";
import { servingRelays } from "./relay-directory.ts";
import { knownRegions, latestUse, noteUse } from "./relay-uses.ts";
import type { ServingRelay } from "./serving-relay.ts";
import { signRelayLease } from "./sign-relay-lease.ts";

/** Both sides may ask for the same at the same time: who is a little later gets what the other got. */
const SAME_ANSWER_MS = 10_000;

/** What a side wants of the relays. */
export interface RelayWish {
  readonly renew?: true;
  readonly avoid?: readonly string[];
}

/** A relay with its lease, or why there is none. */
export type RelayAnswer =
  | {
      readonly relay: RelayOffer;
      /** Base64url. */
      readonly lease: string;
      /** The other side has it already. */
      readonly isRepeated: boolean;
    }
  | { readonly refused: SocketErrorCode; readonly message: string };

const OVER = { refused: "no-session", message: "this session is over" } as const;

const OLD = {
  refused: "no-relay",
  message: "the program at the other side is too old for relays; update it",
} as const;

/** Up to three relays for a session that is about to begin; without a host for none in particular. */
export async function offerRelays(context: Context, hostId?: string): Promise<RelayOffer[]> {
  const relays = await servingRelays(context);
  if (relays.length === 0) return [];
  const regions = hostId === undefined ? [] : await knownRegions(context, { hostId });
  return chooseOffers(relays, { random: Math.random, regions }).map(({ offer }) => offer);
}

/** Chooses a relay for a session and signs its lease, or the next lease at the one in use; notes that. */
export async function pickRelay(
  context: Context,
  session: SessionNote,
  { renew, avoid = [] }: RelayWish,
): Promise<RelayAnswer> {
  const review = await reviewSession(context, reviewed(session));
  if ("ended" in review || session.rights.length === 0) return OVER;
  const endsAt = Math.min(session.endsAt, review.authority.endsAt ?? Number.POSITIVE_INFINITY);
  const relays = await servingRelays(context);
  const latest = await latestUse(context, session.id);
  if (latest === undefined && session.relays === undefined) return OLD;
  const inUse = relays.find(({ id }) => id === latest?.relay_id && !avoid.includes(id));
  if (latest !== undefined && inUse !== undefined) {
    if (context.now() - latest.leased_at < SAME_ANSWER_MS)
      return { relay: inUse.offer, lease: latest.lease, isRepeated: true };
    if (renew) return leased(context, session, { relay: inUse, endsAt });
  }
  const isLost = renew === true && latest !== undefined && inUse === undefined;
  const avoided = isLost ? [...avoid, latest.relay_id] : avoid;
  const relay = await choose(context, session, { relays, avoided });
  if (relay !== undefined) return leased(context, session, { relay, endsAt });
  return {
    refused: "no-relay",
    message:
      relays.length === 0
        ? "this gateway has no relay that runs; its operator can start one"
        : "no relay that both sides can reach is left",
  };
}

async function choose(
  context: Context,
  session: SessionNote,
  {
    relays,
    avoided,
  }: { readonly relays: readonly ServingRelay[]; readonly avoided: readonly string[] },
): Promise<ServingRelay | undefined> {
  const { offered = [], client, host } = session.relays ?? {};
  const measured = { client, host };
  const first = relays.filter(({ id }) => offered.includes(id) && !avoided.includes(id));
  const best = chooseRelay(first, measured);
  if (best !== undefined) return best;
  const regions = await knownRegions(context, { hostId: session.hostId });
  const avoid = [...avoided, ...offered];
  const others = chooseOffers(relays, { random: Math.random, regions, avoid });
  return chooseRelay(others, measured);
}

async function leased(
  context: Context,
  session: SessionNote,
  { relay, endsAt }: { readonly relay: ServingRelay; readonly endsAt: number },
): Promise<RelayAnswer> {
  const { id: sessionId, clientId, hostId } = session;
  const lease = signRelayLease(context, { sessionId, relayId: relay.id, clientId, hostId, endsAt });
  if (lease === undefined) return OVER;
  await noteUse(context, {
    ...{ session_id: sessionId, relay_id: relay.id, host_id: hostId, client_id: clientId },
    ...{ region: relay.region, lease },
  });
  return { relay: relay.offer, lease, isRepeated: false };
}
