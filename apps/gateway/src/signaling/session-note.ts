import type { Right } from "@wavry/signaling";
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
}

/** Where the other side of a session is. */
export function otherSide(session: SessionNote, role: "host" | "client"): string {
  return role === "host"
    ? clientKey(session.clientId, session.clientInstance)
    : hostKey(session.hostId);
}
