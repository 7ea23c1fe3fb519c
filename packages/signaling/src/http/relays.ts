import Type from "typebox";
import { type Message, message } from "../message.ts";
import { certificate, publicKey, wavryId } from "../socket/fields.ts";
import { MAX_RELAY_ADDRESSES } from "../socket/limits.ts";
import { type RelayOffer, RelayOfferList, relayTlsUrl } from "../socket/relay-offer.ts";
import { ServerAddress } from "../socket/server-address.ts";

/** Where relays post their heartbeats, below the gateway's URL. */
export const RELAY_HEARTBEAT_PATH = "/api/v1/relays/heartbeat";
/** The header with the heartbeat's signature, base64url: Ed25519 over `relayHeartbeatProof` by the relay's identity key. */
export const RELAY_SIGNATURE_HEADER = "x-relay-signature";
/** How often a relay tells that it is there. */
export const RELAY_HEARTBEAT_SECONDS = 10;
/** A relay that was not heard for so long is gone. */
export const RELAY_GONE_SECONDS = 30;
/** How far the clocks of relay and gateway may be apart. */
export const RELAY_CLOCK_SECONDS = 60;
/** The most bytes of a heartbeat. */
export const MAX_HEARTBEAT_BYTES = 4_096;

/** What a relay carries at the moment. */
export interface RelayLoad {
  sessions: number;
  maxSessions: number;
  /** What it forwards, kbit/s. */
  kbps: number;
  /** Its busiest thread, 0 to 1. */
  busy: number;
}

/** A relay tells that it is there; its first heartbeat is its registration. */
export interface RelayHeartbeat extends RelayOffer {
  /** Binds `staticKey` to the Wavry ID. */
  certificate: string;
  /** Where in the world, in the operator's words: "eu-west", or "" for nowhere in particular. */
  region: string;
  version: string;
  state: "serving" | "draining";
  load: RelayLoad;
  /** Seconds since 1970 by the relay's clock; never less than in the one before. */
  at: number;
  /** 16 random bytes, base64url, of this heartbeat alone. */
  nonce: string;
}
/** Schema of a heartbeat. What a later relay tells besides is taken and not heeded. */
export const RelayHeartbeat: Message<RelayHeartbeat> = message(
  Type.Object({
    id: wavryId(),
    staticKey: publicKey(),
    certificate: certificate(),
    addresses: Type.Array(ServerAddress, { minItems: 1, maxItems: MAX_RELAY_ADDRESSES }),
    tls: Type.Optional(relayTlsUrl()),
    region: Type.String({ pattern: "^[a-z0-9-]{0,32}$" }),
    version: Type.String({ pattern: "^[A-Za-z0-9.+-]{1,40}$" }),
    state: Type.Union([Type.Literal("serving"), Type.Literal("draining")]),
    load: Type.Object({
      sessions: Type.Integer({ minimum: 0, maximum: 10_000_000 }),
      maxSessions: Type.Integer({ minimum: 0, maximum: 10_000_000 }),
      kbps: Type.Number({ minimum: 0, maximum: 1e10 }),
      busy: Type.Number({ minimum: 0, maximum: 1 }),
    }),
    at: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    nonce: Type.String({ pattern: "^[A-Za-z0-9_-]{22}$" }),
  }),
);

/**
 * How far the gateway trusts a relay: `new` waits for the operator, `probation` gets a few sessions, `active` its share, `degraded`
 * only what no better one takes, the others none.
 */
export type RelayState =
  | "new"
  | "probation"
  | "active"
  | "degraded"
  | "quarantined"
  | "banned"
  | "draining";
/** Schema of such a state. */
export const RelayState: Message<RelayState> = message(
  Type.Union([
    Type.Literal("new"),
    Type.Literal("probation"),
    Type.Literal("active"),
    Type.Literal("degraded"),
    Type.Literal("quarantined"),
    Type.Literal("banned"),
    Type.Literal("draining"),
  ]),
);

/** What a relay hears back. */
export interface RelayHeartbeatAnswer {
  state: RelayState;
  /** When the next is due. */
  nextSeconds: number;
  /** What leases are checked with: the key of the gateway's document, Ed25519, base64url. */
  leaseKey: string;
}
/** Schema of the answer. */
export const RelayHeartbeatAnswer: Message<RelayHeartbeatAnswer> = message(
  Type.Object({
    state: RelayState,
    nextSeconds: Type.Integer({ minimum: 1 }),
    leaseKey: publicKey(),
  }),
);

/** Relays that a session of this account might be offered now. */
export interface OfferedRelays {
  relays: RelayOffer[];
}
/** Schema of these relays. */
export const OfferedRelays: Message<OfferedRelays> = message(
  Type.Object({ relays: RelayOfferList }),
);
