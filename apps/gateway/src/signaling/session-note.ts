import type { RelayMeasurement, Right } from "@wavry/signaling";
import { clientKey, hostKey } from "./peer-key.ts";

/** A session as the replicas of both sides know it. */
export interface SessionNote {
  readonly id: string;
  readonly hostId: string;
  readonly clientId: string;
  readonly clientInstance: string;
  /** Null for guests. */
  readonly userId: string | null;
  readonly signInId: string | null;
  readonly grantId: string | null;
  readonly shareLinkId: string | null;
  /** Never more than was signed. */
  rights: readonly Right[];
  readonly ask: boolean;
  /** When it ends at the latest, milliseconds since 1970. */
  endsAt: number;
  /** The host said that it began. */
  started: boolean;
  /** Beats that it has not begun for. */
  pendingBeats: number;
  /** What its relay is chosen by; left out where a side knows nothing of relays. */
  relays?: SessionRelays;
}

/** What is known of the relays of a session. At the client's side: there they are chosen. */
export interface SessionRelays {
  /** Wavry IDs, as both sides were offered them. */
  offered: readonly string[];
  /** What each side measured last. */
  client?: readonly RelayMeasurement[];
  host?: readonly RelayMeasurement[];
}

/** Where the other side of a session is. */
export function otherSide(session: SessionNote, role: "host" | "client"): string {
  return role === "host"
    ? clientKey(session.clientId, session.clientInstance)
    : hostKey(session.hostId);
}
