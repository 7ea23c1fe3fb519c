import type {
  Candidates,
  Decision,
  EndSession,
  Incoming,
  RelayNews,
  RightsChanged,
  SessionEnded,
  SocketError,
  SocketRole,
  Web,
} from "@wavry/signaling";
import type { BackOffOptions } from "./back-off.ts";
import type { DeviceSigner } from "./device-signer.ts";

/** By what a device comes in. */
export type SignalingCredentials =
  /** A program's sign-in. */
  | { readonly kind: "token"; readonly token: string }
  /** A browser's. */
  | { readonly kind: "cookie" }
  /** A share link, for a device without an account. */
  | { readonly kind: "guest"; readonly share: string; readonly name: string };

/** How to hold a connection to a gateway. */
export interface SignalingOptions {
  /** The gateway's URL, such as https://wavry.example. */
  readonly url: string | URL;
  /** The gateway's issuer, as pinned: the device signs for that name only. */
  readonly issuer: string;
  readonly device: DeviceSigner;
  readonly role: SocketRole;
  readonly credentials: SignalingCredentials;
  /** IDs of the gateway's sessions that run now; asked after each loss. */
  readonly runningSessions?: () => readonly string[];
  /** Ends it for good. */
  readonly signal?: AbortSignal;
  readonly backOff?: BackOffOptions;
}

/** What a connection tells. */
export interface SignalingEvents {
  /** The device is in. `resumed`: nothing was lost meanwhile. */
  connected: { readonly resumed: boolean };
  /** The connection was lost; it comes back by itself. */
  disconnected: { readonly code: number; readonly reason: string; readonly retryInMillis: number };
  /** Hosts: a client is about to come. */
  incoming: Incoming;
  /** Clients: how the host takes it. */
  decision: Decision;
  candidates: Candidates;
  web: Web;
  /** A relay, and the lease of a session for it. */
  relay: RelayNews;
  /** A relay was asked for, and there is none: `code` is the gateway's. */
  relayRefused: { readonly session: string; readonly code: string };
  /** Clients: the session is over. */
  sessionEnded: SessionEnded;
  /** Hosts: end the session at once. */
  endSession: EndSession;
  /** The session has only these rights now. */
  rightsChanged: RightsChanged;
  /** A request of no answer of its own failed, such as candidates for a side that is away. */
  failed: SocketError;
}

/** Why a connection is over for good. */
export interface SignalingEnd {
  /**
   * "disposed"; "aborted"; "refused": the gateway takes this device no more. A host that is refused must end all sessions
   * that the gateway granted.
   */
  readonly cause: "disposed" | "aborted" | "refused";
  /** The close code of a refusal (CloseCode). */
  readonly code: number;
  /** The gateway's reason for a refusal, such as "signed-out" or "device-removed". */
  readonly reason: string;
}
