import type {
  Candidate,
  Incoming,
  NumberedServerMessage,
  RelayMeasurement,
  Right,
  Unnumbered,
} from "@wavry/signaling";
import type { RelayWish } from "../relays/pick-relay.ts";
import type { SavedPeer } from "./peer.ts";
import type { SessionNote } from "./session-note.ts";

/** What one part of the hub hands to the replica that has a peer. */
export type Parcel =
  /** For the peer, if it has the session that the message is of. */
  | {
      readonly kind: "message";
      readonly message: Unnumbered<Extract<NumberedServerMessage, { session: string }>>;
    }
  /** For a host: a client is about to come. Answered with IncomingAnswer. */
  | {
      readonly kind: "incoming";
      readonly note: SessionNote;
      readonly message: Unnumbered<Incoming>;
    }
  /** For a client: the session began. */
  | { readonly kind: "started"; readonly session: string }
  /** For a client: the session goes on with these rights. */
  | { readonly kind: "rights"; readonly session: string; readonly rights: readonly Right[] }
  /** For a client: the session is over. */
  | { readonly kind: "ended"; readonly session: string; readonly reason: string }
  /** For a host: the session must end. */
  | { readonly kind: "cut"; readonly session: string; readonly reason: string }
  /** For a client: what its host measured. */
  | {
      readonly kind: "relay-measured";
      readonly session: string;
      readonly measured: readonly RelayMeasurement[];
    }
  /** For a client: its host wants a lease. Answered with RelayAnswer. */
  | { readonly kind: "relay-wish"; readonly session: string; readonly wish: RelayWish }
  /** The peer came to another replica. Answered with SavedPeer if hash and owner are right, else with null. */
  | { readonly kind: "take"; readonly resumeHash: string; readonly owner: string }
  /** The peer came anew elsewhere: whatever is older than that connection goes. */
  | { readonly kind: "replaced"; readonly connectionId: string };

/** How a host's replica took an "incoming". */
export type IncomingAnswer =
  | {
      readonly candidates: readonly Candidate[];
      /** Whether the host understands relays. */
      readonly knowsRelays?: boolean;
    }
  | { readonly refused: "too-many-sessions" };

/** The answer to "take". */
export type TakeAnswer = SavedPeer | null;
