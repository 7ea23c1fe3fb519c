import Type from "typebox";
import { id, line, token } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { type Right, Rights } from "../rights.ts";
import { type Candidate, CandidateList } from "./candidate.ts";
import { certificate, jws, publicKey, STRICT, sequence, wavryId } from "./fields.ts";
import { type RelayOffer, RelayOfferList } from "./relay-offer.ts";
import { type ServerAddress, StunServerList } from "./server-address.ts";

/** A client asks for a host: by its Wavry ID, or by a share link. Exactly one of the two. */
export interface Connect {
  type: "connect";
  seq: number;
  /** Comes back with the answer. */
  request: string;
  host?: string;
  /** The share link's token. A guest need not say it again. */
  share?: string;
  candidates: Candidate[];
}
/** Schema of the request. */
export const Connect: Message<Connect> = message(
  Type.Object(
    {
      type: Type.Literal("connect"),
      seq: sequence(),
      request: id(),
      host: Type.Optional(wavryId()),
      share: Type.Optional(token()),
      candidates: CandidateList,
    },
    STRICT,
  ),
);

/** The other side of a session: what a handshake needs. A key that differs from one's own pin is not to be accepted. */
export interface SessionPeer {
  /** Wavry ID. */
  id: string;
  staticKey: string;
  /** Binds `staticKey` to the Wavry ID; the receiver checks it. */
  certificate: string;
  /** For people. */
  name: string;
}
/** Schema of the other side. */
export const SessionPeer: Message<SessionPeer> = message(
  Type.Object(
    { id: wavryId(), staticKey: publicKey(), certificate: certificate(), name: line(100) },
    STRICT,
  ),
);

/** A session, as both sides are told of it. What is optional is told from protocol 2 on. */
export interface SessionTerms {
  session: string;
  /** Signed GrantClaims; `jti` is the session. */
  grant: string;
  rights: Right[];
  /** The person at the host is asked first. */
  ask: boolean;
  /** Relays to measure at once, the better first; left out where the gateway has none. */
  relays?: RelayOffer[];
  /** STUN servers that tell from where a socket is seen. */
  stun?: ServerAddress[];
}

const terms = () => ({
  session: id(),
  grant: jws(),
  rights: Rights,
  ask: Type.Boolean(),
  relays: Type.Optional(RelayOfferList),
  stun: Type.Optional(StunServerList),
});

/** The client may open this session. */
export interface Granted extends SessionTerms {
  type: "granted";
  seq: number;
  request: string;
  host: SessionPeer;
  /** The host's. */
  candidates: Candidate[];
}
/** Schema of the answer. */
export const Granted: Message<Granted> = message(
  Type.Object(
    {
      type: Type.Literal("granted"),
      seq: sequence(),
      request: id(),
      host: SessionPeer,
      candidates: CandidateList,
      ...terms(),
    },
    STRICT,
  ),
);

/** A client is about to open this session with the host that hears it. */
export interface Incoming extends SessionTerms {
  type: "incoming";
  seq: number;
  client: SessionPeer;
  /** The client's. */
  candidates: Candidate[];
}
/** Schema of the news. */
export const Incoming: Message<Incoming> = message(
  Type.Object(
    {
      type: Type.Literal("incoming"),
      seq: sequence(),
      client: SessionPeer,
      candidates: CandidateList,
      ...terms(),
    },
    STRICT,
  ),
);
