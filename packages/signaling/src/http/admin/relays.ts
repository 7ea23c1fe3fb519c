import Type from "typebox";
import { type Message, message } from "../../message.ts";
import { wavryId } from "../../socket/fields.ts";
import { ServerAddress } from "../../socket/server-address.ts";
import { RelayState } from "../relays.ts";

/** What sessions told of a relay. */
export interface AdminRelayQuality {
  /** The weight of the reports; two sides that are trusted weigh 2. */
  evidence: number;
  /** Sessions with reports that count at the moment. */
  sessions: number;
  /** 0 to 1; null without reports. */
  success: number | null;
  rttMillis: number | null;
  lossPercent: number | null;
}

/** A relay, as it last told of itself and as it stands here. */
export interface AdminRelay {
  /** Wavry ID. */
  id: string;
  region: string;
  version: string;
  state: RelayState;
  /** Its heartbeats come. */
  isHere: boolean;
  /** The operator lets it serve. */
  allowed: boolean;
  /** An administrator took it out for a while. */
  drained: boolean;
  /** 0 to 1, as it says. */
  load: number;
  sessions: number;
  kbps: number;
  /** 0 to 1. */
  score: number;
  quality: AdminRelayQuality;
  addresses: ServerAddress[];
  /** Those at which the gateway found it. */
  reachable: ServerAddress[];
  tls: string | null;
  /** When the gateway last looked; null: not yet. */
  checkedAt: number | null;
  stateSince: number;
  firstSeenAt: number;
  lastSeenAt: number;
}
/** All relays. */
export interface AdminRelayList {
  relays: AdminRelay[];
}

const maybe = () => Type.Union([Type.Null(), Type.Number()]);
const relay: Message<AdminRelay> = message(
  Type.Object({
    id: Type.String(),
    region: Type.String(),
    version: Type.String(),
    state: RelayState,
    isHere: Type.Boolean(),
    allowed: Type.Boolean(),
    drained: Type.Boolean(),
    load: Type.Number({ minimum: 0, maximum: 1 }),
    sessions: Type.Integer(),
    kbps: Type.Number(),
    score: Type.Number({ minimum: 0, maximum: 1 }),
    quality: Type.Object({
      evidence: Type.Number(),
      sessions: Type.Integer(),
      success: maybe(),
      rttMillis: maybe(),
      lossPercent: maybe(),
    }),
    addresses: Type.Array(ServerAddress),
    reachable: Type.Array(ServerAddress),
    tls: Type.Union([Type.Null(), Type.String()]),
    checkedAt: Type.Union([Type.Null(), Type.Integer()]),
    stateSince: Type.Integer(),
    firstSeenAt: Type.Integer(),
    lastSeenAt: Type.Integer(),
  }),
);

/** Schema of all relays. */
export const AdminRelayList: Message<AdminRelayList> = message(
  Type.Object({ relays: Type.Array(relay, { maxItems: 1_000 }) }),
);

/** Which relay. */
export interface RelayParams {
  /** Wavry ID. */
  id: string;
}
/** Schema of which relay. */
export const RelayParams: Message<RelayParams> = message(Type.Object({ id: wavryId() }));

/** What an administrator does with a relay: lets it serve, takes it out for a while, for good, or back from either. */
export interface RelayOrder {
  act: "allow" | "drain" | "ban";
}
/** Schema of an order. */
export const RelayOrder: Message<RelayOrder> = message(
  Type.Object(
    { act: Type.Union([Type.Literal("allow"), Type.Literal("drain"), Type.Literal("ban")]) },
    { additionalProperties: false },
  ),
);
