import Type from "typebox";
import { type Message, message } from "../message.ts";
import { Right, Rights } from "../rights.ts";
import { STRICT, wavryId } from "../socket/fields.ts";
import { Capabilities, Monitor } from "../socket/presence.ts";
import { id, line } from "./text.ts";

const nullableTime = () => Type.Union([Type.Integer(), Type.Null()]);

/** At least one right. */
export const SomeRights: Message<Right[]> = message(
  Type.Array(Type.Enum(Object.values(Right)), { minItems: 1, maxItems: 6, uniqueItems: true }),
);

/** A host that the caller may open a session on. */
export interface ReachableHost {
  /** Wavry ID. */
  id: string;
  name: string;
  platform: string;
  online: boolean;
  /** The caller's own, with all rights. */
  own: boolean;
  ownerName: string;
  rights: Right[];
  /** The person at the host is asked each time. */
  askFirst: boolean;
  /** When the right to it ends, milliseconds since 1970. */
  expiresAt: number | null;
  /** Of a host that is not one's own: what DELETE /api/v1/grants/ID gives back. */
  grantId: string | null;
  capabilities: Capabilities;
  monitors: Monitor[];
  /** The owner lets browsers keep a small picture of its screen, each for itself. No, where it is not said. */
  previews?: boolean;
}
/** Schema of a host. */
export const ReachableHost: Message<ReachableHost> = message(
  Type.Object({
    id: wavryId(),
    name: Type.String(),
    platform: Type.String(),
    online: Type.Boolean(),
    own: Type.Boolean(),
    ownerName: Type.String(),
    rights: Rights,
    askFirst: Type.Boolean(),
    expiresAt: nullableTime(),
    grantId: Type.Union([id(), Type.Null()]),
    capabilities: Capabilities,
    monitors: Type.Array(Monitor),
    previews: Type.Optional(Type.Boolean()),
  }),
);

/** All hosts that the caller may reach. */
export interface ReachableHostList {
  hosts: ReachableHost[];
}
/** Schema of the list. */
export const ReachableHostList: Message<ReachableHostList> = message(
  Type.Object({ hosts: Type.Array(ReachableHost) }),
);

/** A person who is let in on a host, having agreed. */
export interface Grant {
  id: string;
  hostId: string;
  userId: string;
  username: string;
  displayName: string;
  rights: Right[];
  askFirst: boolean;
  createdAt: number;
  expiresAt: number | null;
}
/** Schema of a grant. */
export const Grant: Message<Grant> = message(
  Type.Object({
    id: id(),
    hostId: wavryId(),
    userId: id(),
    username: Type.String(),
    displayName: Type.String(),
    rights: Rights,
    askFirst: Type.Boolean(),
    createdAt: Type.Integer(),
    expiresAt: nullableTime(),
  }),
);

/**
 * A grant that the named person has not taken yet. It looks the same whether or not there is such a person, so that
 * nobody learns by it who has an account.
 */
export interface GrantOffer {
  id: string;
  hostId: string;
  /** E-mail or username, as the owner typed it. */
  to: string;
  rights: Right[];
  askFirst: boolean;
  createdAt: number;
  /** When the offer lapses. */
  offerEndsAt: number;
  /** When the grant will end. */
  expiresAt: number | null;
}
/** Schema of an offer. */
export const GrantOffer: Message<GrantOffer> = message(
  Type.Object({
    id: id(),
    hostId: wavryId(),
    to: Type.String(),
    rights: Rights,
    askFirst: Type.Boolean(),
    createdAt: Type.Integer(),
    offerEndsAt: Type.Integer(),
    expiresAt: nullableTime(),
  }),
);

/** Who is, or may be, let in on one host. */
export interface HostGrants {
  grants: Grant[];
  offers: GrantOffer[];
}
/** Schema of the list. */
export const HostGrants: Message<HostGrants> = message(
  Type.Object({ grants: Type.Array(Grant), offers: Type.Array(GrantOffer) }),
);

/** The owner lets a person in. */
export interface GrantWish {
  /** E-mail or username. */
  to: string;
  rights: Right[];
  askFirst: boolean;
  /** Milliseconds since 1970; missing: until it is taken back. */
  expiresAt?: number;
}
/** Schema of the wish. */
export const GrantWish: Message<GrantWish> = message(
  Type.Object(
    {
      to: line(254, 1),
      rights: SomeRights,
      askFirst: Type.Boolean(),
      expiresAt: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    },
    STRICT,
  ),
);

/** What may be changed of a grant; holds for running sessions at once. */
export interface GrantChange {
  rights?: Right[];
  askFirst?: boolean;
  /** Null: until it is taken back. */
  expiresAt?: number | null;
}
/** Schema of a change. */
export const GrantChange: Message<GrantChange> = message(
  Type.Object(
    {
      rights: Type.Optional(SomeRights),
      askFirst: Type.Optional(Type.Boolean()),
      expiresAt: Type.Optional(
        Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()]),
      ),
    },
    STRICT,
  ),
);

/** An offer to the caller. */
export interface ReceivedOffer {
  id: string;
  hostId: string;
  hostName: string;
  ownerUsername: string;
  ownerName: string;
  rights: Right[];
  askFirst: boolean;
  offerEndsAt: number;
  expiresAt: number | null;
}
/** Schema of an offer to the caller. */
export const ReceivedOffer: Message<ReceivedOffer> = message(
  Type.Object({
    id: id(),
    hostId: wavryId(),
    hostName: Type.String(),
    ownerUsername: Type.String(),
    ownerName: Type.String(),
    rights: Rights,
    askFirst: Type.Boolean(),
    offerEndsAt: Type.Integer(),
    expiresAt: nullableTime(),
  }),
);

/** What others offer the caller. */
export interface ReceivedOfferList {
  offers: ReceivedOffer[];
}
/** Schema of the list. */
export const ReceivedOfferList: Message<ReceivedOfferList> = message(
  Type.Object({ offers: Type.Array(ReceivedOffer) }),
);
